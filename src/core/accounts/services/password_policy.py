from attrs import frozen

from core.accounts.passwords import parse_new_password
from core.accounts.ports import BreachedPasswords
from core.errors import InvalidValue


@frozen
class PasswordPolicy:
    """What a new password must fulfil, wherever it is set."""

    breached: BreachedPasswords

    def parse(self, raw: object, email: str) -> str:
        """In normal form. Raises `InvalidValue`, `Unavailable`."""
        chosen = parse_new_password(raw, email)
        if self.breached.contains(chosen):
            raise InvalidValue("breached", "Attackers know this password from a data breach. Choose another one.")
        return chosen
