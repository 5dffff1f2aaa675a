"""What may happen to a patient while an import meets their email."""

from collections.abc import Collection
from uuid import UUID

import pytest
from dependency_injector.providers import Singleton

from adapters.in_memory.patients import InMemoryPatientRepository
from bootstrap import Container
from core.access import Actor
from core.files import FileFormat
from core.patients.entities import Patient
from tests.fakes import CLERK, details

CSV = b"first_name,last_name,email,date_of_birth\nAugusta,King,ada@example.org,1985-12-10\n"


class ErasedWhenRead(InMemoryPatientRepository):
    def get_all(self, ids: Collection[UUID]) -> tuple[Patient, ...]:
        for one in ids:
            self.remove(one)
        return super().get_all(ids)


class ErasedWhenLocked(InMemoryPatientRepository):
    def lock(self, patient_id: UUID) -> Patient:
        self.remove(patient_id)
        return super().lock(patient_id)


@pytest.mark.parametrize("patients", [ErasedWhenRead, ErasedWhenLocked])
def test_row_whose_holder_is_erased_concurrently_is_rejected(
    registry: Container, patients: type[InMemoryPatientRepository]
) -> None:
    registry.patients.override(Singleton(patients, registry.store, registry.identifier_systems))
    registry.patients_for_import.override(Singleton(patients, registry.store, registry.identifier_systems))
    registry.register_patient()(actor=CLERK, **details())
    job = registry.start_import()(actor=CLERK, content=lambda: [CSV], format=FileFormat.CSV, update=True)
    assert registry.run_job()(actor=Actor.system("worker"), job_id=job.id).counts == {"rejected": 1}
    assert [reject.line for reject in registry.import_rejects().iterate(job.id)] == [2]
