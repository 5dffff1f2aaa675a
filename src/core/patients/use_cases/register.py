from typing import Unpack

from attrs import frozen

from core.access import Actor, Permission
from core.errors import FaultList
from core.patients.audit import Action
from core.patients.entities import Patient, Registration, Rules
from core.patients.use_cases.ledger import Ledger
from core.ports import Atomic, Clock, Ids


@frozen
class RegisterPatient:
    """Adds a patient. Email, external id and each identifier belong to one patient only, however many register at once.

    `faults` found in the input already are raised with those of its values.
    Raises `Forbidden`, `Invalid`, `EmailTaken`, `ExternalIdTaken`, `IdentifierTaken`.
    """

    ledger: Ledger
    atomic: Atomic
    clock: Clock
    ids: Ids
    phone_region: str

    def __call__(self, *, actor: Actor, faults: FaultList | None = None, **details: Unpack[Registration]) -> Patient:
        actor.require(Permission.REGISTER_PATIENTS)
        now = self.clock.now()
        rules = Rules(self.clock.today(), self.phone_region)
        patient = Patient.register(self.ids.new(now), now, rules, faults, **details)
        return self.atomic(lambda: self.ledger.enter(Action.REGISTERED, actor, now, before=None, after=patient))
