"""The registry itself. Run as a program, it prints the account of a reader and a token for it."""

from contextlib import suppress

from config.apps import RegistryConfig
from config.wsgi import application as app
from core.access import Actor
from core.accounts.errors import UserEmailTaken

__all__ = ["app"]

EMAIL, PASSWORD = "peers@clinic.example", "correct horse battery"

if __name__ == "__main__":
    registry = RegistryConfig.current().container
    with suppress(UserEmailTaken):
        registry.create_user()(actor=Actor.system("bench"), email=EMAIL, password=PASSWORD, role="reader")
    tokens = registry.sign_in()(email=EMAIL, password=PASSWORD)
    principal = registry.authenticate()(access=tokens.access, request_id="")
    print(principal.account.id, tokens.access)
