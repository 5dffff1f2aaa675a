from datetime import datetime

from attrs import frozen

from core.access import Actor
from core.idempotency.ports import StoredAnswers
from core.patients.audit import Erasure
from core.patients.entities import Patient
from core.patients.person_keys import person_keys, record_key
from core.patients.ports import ErasureLedger, RejectedRows, ValuesElsewhere
from core.patients.services.recorder import PatientRecorder


@frozen
class Eraser:
    """Removes a record with everything that names its person. Call it inside `Atomic`, with the record locked."""

    recorder: PatientRecorder
    rejects: RejectedRows
    elsewhere: ValuesElsewhere
    answers: StoredAnswers
    ledger: ErasureLedger

    def erase(self, actor: Actor, at: datetime, patient: Patient) -> None:
        self.rejects.remove_about(self._person_keys(patient))
        self.elsewhere.forget(actor, at, patient.id)
        self.answers.forget(patient.id)
        self.recorder.erase(actor, at, patient)
        self.ledger.record(Erasure(patient.id, at))

    def _person_keys(self, patient: Patient) -> set[bytes]:
        """Of the record as it is and as it ever was."""
        values: dict[str, object] = {**patient.to_json()}
        keys = {record_key(patient.id), *person_keys(values)}
        for event in self.recorder.history(patient.id):
            if event.values:
                values |= event.values.before
                keys |= person_keys(values)
        return keys
