from typing import Protocol

from attrs import frozen

from adapters.external.client import Answer
from core.errors import Unavailable
from core.patients.ports import PatientGateway
from core.patients.upstream import UpstreamAnswer


class Source(Protocol):
    """An `UpstreamClient`, or one that operators give orders to."""

    def get_object(self, *path: str, request_id: str) -> Answer | None: ...


@frozen
class HttpPatientGateway(PatientGateway):
    source: Source

    def fetch(self, external_id: str, *, request_id: str) -> UpstreamAnswer | None:
        answer = self.source.get_object("patients", external_id, request_id=request_id)
        return answer and UpstreamAnswer(answer.document, answer.lead)


@frozen
class UnconfiguredGateway(PatientGateway):
    """Stands where no upstream is configured: nothing can be fetched, and the reason is told."""

    def fetch(self, external_id: str, *, request_id: str) -> UpstreamAnswer | None:
        raise Unavailable("No upstream system is configured, so there is nothing to sync with.")
