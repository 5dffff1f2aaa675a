from typing import Unpack

from attrs import frozen

from core.access import Actor, Permission
from core.errors import ErrorCollector
from core.patients.audit import Action
from core.patients.entities import Patient
from core.patients.fields import Registration
from core.patients.ports import DuplicateCheck
from core.patients.services.recorder import PatientRecorder
from core.patients.services.rules import CurrentRules
from core.ports import Atomic, Clock, IdGenerator
from core.values import parse_reason


@frozen
class RegisterPatient:
    """Adds a patient. Email, external id and each identifier are unique, also among concurrent registrations.

    A person who certainly has a record is refused, unless `override_reason` says why it is another person. The reason
    is kept in the history. Patients who may be the same person are queued for review. `errors` are reported together
    with those of the fields.
    Raises `Forbidden`, `ValidationError`, `EmailTaken`, `ExternalIdTaken`, `IdentifierTaken`, `PossibleDuplicate`.
    """

    recorder: PatientRecorder
    duplicates: DuplicateCheck
    atomic: Atomic
    clock: Clock
    ids: IdGenerator
    rules: CurrentRules

    def __call__(
        self,
        *,
        actor: Actor,
        override_reason: object = None,
        errors: ErrorCollector | None = None,
        **details: Unpack[Registration],
    ) -> Patient:
        actor.require(Permission.REGISTER_PATIENTS)
        now = self.clock.now()
        rules = self.rules()
        errors = errors or ErrorCollector()
        reason = ""
        with errors.field("override_reason"):
            reason = parse_reason(override_reason)
        patient = Patient.register(self.ids.new(now), now, rules, errors, **details)

        def register() -> Patient:
            self.recorder.save(Action.REGISTERED, actor, now, before=None, after=patient, reason=reason)
            self.duplicates.check_new(actor, patient, refuse=not reason)
            return patient

        return self.atomic(register)
