from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import cast
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.errors import ErrorCollector, InvalidValue, VersionMismatch
from core.patients.audit import Action, AuditEvent, new_salt
from core.patients.entities import Patient
from core.patients.fields import Changes, Rules
from core.patients.ports import DuplicateCheck, PatientRepository
from core.patients.services.recorder import PatientRecorder
from core.patients.services.rules import CurrentRules
from core.ports import Atomic, Clock
from core.values import parse_enum, parse_list, parse_reason


class Swappable(StrEnum):
    """`email` includes whether it is shared, `identifiers` are those in unique systems."""

    EMAIL = "email"
    EXTERNAL_ID = "external_id"
    IDENTIFIERS = "identifiers"


@frozen
class SwappedPatients:
    patient: Patient
    other: Patient


@frozen
class SwapValues:
    """Exchanges unique values of two patients, which were entered in each other's record. Two updates could not: until
    one record gave its value up, the other could not take it.

    `expected_version` and `expected_other_version` work as in `UpdatePatient`. `errors` are reported together with
    those of `fields` and `reason`. Raises `Forbidden`, `ValidationError`, `PatientNotFound`, `VersionMismatch`,
    `PatientMerged`, `PatientArchived`, `EmailTaken`, `ExternalIdTaken`, `IdentifierTaken`.
    """

    patients: PatientRepository
    recorder: PatientRecorder
    duplicates: DuplicateCheck
    atomic: Atomic
    clock: Clock
    rules: CurrentRules

    def __call__(
        self,
        *,
        actor: Actor,
        patient_id: UUID,
        other_id: UUID,
        fields: object,
        expected_version: int | None = None,
        expected_other_version: int | None = None,
        reason: object = None,
        errors: ErrorCollector | None = None,
    ) -> SwappedPatients:
        actor.require(Permission.UPDATE_PATIENTS)
        errors = errors or ErrorCollector()
        chosen, text = (), ""
        with errors.field("fields"):
            chosen = _parse_fields(fields)
        with errors.field("reason"):
            text = parse_reason(reason)
        if patient_id == other_id:
            errors.add("other", "same", "Must be another patient.")
        errors.raise_if_any()
        now, rules = self.clock.now(), self.rules()

        def swap() -> SwappedPatients:
            locked = {one: self.patients.lock(one) for one in sorted((patient_id, other_id))}
            patient, other = locked[patient_id], locked[other_id]
            if expected_version not in (None, patient.version) or expected_other_version not in (None, other.version):
                raise VersionMismatch
            after = patient.changed(now, rules, **_values(patient, other, chosen, rules))
            other_after = other.changed(now, rules, **_values(other, patient, chosen, rules))
            if after is patient and other_after is other:
                return SwappedPatients(patient, other)
            without = evolve(patient, **{name: empty for one in chosen for name, empty in _EMPTY[one].items()})
            self.patients.replace(patient, without)  # so that the other record can take its values
            if other_after is not other:
                self.recorder.save(Action.UPDATED, actor, now, before=other, after=other_after, reason=text)
            self.patients.replace(without, after)
            if after is not patient:
                salt = new_salt()
                event = AuditEvent.of(Action.UPDATED, actor, now, salt, before=patient, after=after, reason=text)
                self.recorder.record([event])
            self.duplicates.review_changed([(patient, after), (other, other_after)])
            return SwappedPatients(after, other_after)

        return self.atomic(swap)


def _parse_fields(raw: object) -> tuple[Swappable, ...]:
    chosen = parse_list(raw, lambda one: parse_enum(one, Swappable), len(Swappable))
    if not chosen:
        raise InvalidValue("required", "Must have at least one field.")
    return tuple(dict.fromkeys(chosen))


def _values(mine: Patient, theirs: Patient, chosen: tuple[Swappable, ...], rules: Rules) -> Changes:
    unique_of = rules.identifier_systems.unique_of
    own = tuple(one for one in mine.identifiers if one not in unique_of(mine.identifiers))
    taken: Mapping[Swappable, Callable[[], dict[str, object]]] = {
        Swappable.EMAIL: lambda: {"email": theirs.email, "email_shared": theirs.email_shared},
        Swappable.EXTERNAL_ID: lambda: {"external_id": theirs.external_id},
        Swappable.IDENTIFIERS: lambda: {"identifiers": (*own, *unique_of(theirs.identifiers))},
    }
    return cast("Changes", {name: value for one in chosen for name, value in taken[one]().items()})


_EMPTY: Mapping[Swappable, Mapping[str, object]] = {
    Swappable.EMAIL: {"email": None},
    Swappable.EXTERNAL_ID: {"external_id": None},
    Swappable.IDENTIFIERS: {"identifiers": ()},
}
