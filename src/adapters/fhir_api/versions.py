"""The versions of a patient, rebuilt from the audit trail."""

from collections.abc import Iterable, Iterator, Mapping
from typing import cast
from uuid import UUID

from attrs import evolve

from core.patients.audit import AuditEvent
from core.patients.entities import Patient
from core.patients.fields import FieldJson
from core.patients.stored_values import read_values


def versions(current: Patient | None, events: Iterable[AuditEvent]) -> Iterator[tuple[AuditEvent, Patient | None]]:
    """`events` are all of the patient's, newest first. Versions whose values were erased are None."""
    patient = current
    for event in events:
        patient = patient and evolve(patient, version=event.version, updated_at=event.at)
        yield event, patient
        patient = patient and _before(patient, event)


def _before(patient: Patient, event: AuditEvent) -> Patient | None:
    if event.values is None:
        return None
    before = dict(event.values.before)
    merged_into = cast("str | None", before.pop("merged_into", patient.merged_into and str(patient.merged_into)))
    return evolve(
        patient,
        **read_values(cast("Mapping[str, FieldJson]", before)),
        merged_into=UUID(merged_into) if merged_into else None,
    )
