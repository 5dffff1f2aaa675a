from datetime import datetime

from attrs import frozen

from core.access import Actor
from core.idempotency.ports import StoredAnswers
from core.patients.entities import Patient
from core.patients.person_keys import person_keys
from core.patients.ports import RejectedRows
from core.patients.services.recorder import PatientRecorder

HISTORY_PAGE_SIZE = 200


@frozen
class Eraser:
    """Removes a record with everything that names its person. Call it inside `Atomic`, with the record locked."""

    recorder: PatientRecorder
    rejects: RejectedRows
    answers: StoredAnswers

    def erase(self, actor: Actor, at: datetime, patient: Patient) -> None:
        self.rejects.remove_about(self._person_keys(patient))
        self.answers.forget(patient.id)
        self.recorder.erase(actor, at, patient)

    def _person_keys(self, patient: Patient) -> frozenset[bytes]:
        keys, version = person_keys(patient.to_json()), patient.version + 1
        while events := self.recorder.trail.history(patient.id, before_version=version, limit=HISTORY_PAGE_SIZE):
            keys = keys.union(*(person_keys(event.values.before) for event in events if event.values))
            version = events[-1].version
        return keys
