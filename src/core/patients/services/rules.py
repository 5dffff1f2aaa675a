from attrs import frozen

from core.patients.fields import Rules
from core.patients.identifier_systems import IdentifierSystems
from core.ports import Clock


@frozen
class CurrentRules:
    """The rules of the registry, as of today."""

    clock: Clock
    phone_region: str
    identifier_systems: IdentifierSystems

    def __call__(self) -> Rules:
        return Rules(self.clock.today(), self.phone_region, self.identifier_systems)
