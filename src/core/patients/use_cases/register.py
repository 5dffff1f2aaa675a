from typing import Unpack

from attrs import frozen

from core.access import Actor, Permission
from core.errors import ErrorCollector
from core.patients.audit import Action
from core.patients.entities import Patient
from core.patients.fields import Registration
from core.patients.services.recorder import PatientRecorder
from core.patients.services.rules import CurrentRules
from core.ports import Atomic, Clock, IdGenerator


@frozen
class RegisterPatient:
    """Adds a patient. Email, external id and each identifier are unique, also among concurrent registrations.

    `errors` are reported together with those of the fields.
    Raises `Forbidden`, `ValidationError`, `EmailTaken`, `ExternalIdTaken`, `IdentifierTaken`.
    """

    recorder: PatientRecorder
    atomic: Atomic
    clock: Clock
    ids: IdGenerator
    rules: CurrentRules

    def __call__(
        self, *, actor: Actor, errors: ErrorCollector | None = None, **details: Unpack[Registration]
    ) -> Patient:
        actor.require(Permission.REGISTER_PATIENTS)
        now = self.clock.now()
        rules = self.rules()
        patient = Patient.register(self.ids.new(now), now, rules, errors, **details)
        return self.atomic(lambda: self.recorder.save(Action.REGISTERED, actor, now, before=None, after=patient))
