from collections.abc import Mapping

from attrs import frozen

from adapters.external.client import UpstreamClient
from core.errors import Unavailable
from core.patients.ports import PatientGateway


@frozen
class HttpPatientGateway(PatientGateway):
    client: UpstreamClient

    def fetch(self, external_id: str, *, request_id: str) -> Mapping[str, object] | None:
        return self.client.get_object("patients", external_id, request_id=request_id)


@frozen
class UnconfiguredGateway(PatientGateway):
    """Stands where no upstream is configured: nothing can be fetched, and the reason is told."""

    def fetch(self, external_id: str, *, request_id: str) -> Mapping[str, object] | None:
        raise Unavailable("No upstream system is configured, so there is nothing to sync with.")
