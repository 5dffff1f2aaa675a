from collections.abc import Generator, Iterable
from contextlib import closing
from typing import Protocol

from attrs import frozen

from adapters.external.bulk import Path
from adapters.external.client import BulkResult, UpstreamResponse
from core.errors import Unavailable
from core.sync.merge import UpstreamDocument
from core.sync.ports import FetchResult, PatientGateway

_NOT_CONFIGURED = "No upstream system is configured, so there is nothing to sync with."


class JsonSource(Protocol):
    """What the gateway needs: an `UpstreamClient`, or a `ManagedUpstream` around one."""

    def get_object(self, *path: str, request_id: str) -> UpstreamResponse | None: ...

    def get_objects(self, paths: Iterable[Path], *, request_id: str) -> Generator[tuple[Path, BulkResult]]: ...


@frozen
class HttpPatientGateway(PatientGateway):
    """`GET {base}/patients/{external_id}`."""

    source: JsonSource

    def fetch(self, external_id: str, *, request_id: str) -> UpstreamDocument | None:
        response = self.source.get_object("patients", external_id, request_id=request_id)
        return _document(response) if response else None

    def fetch_all(self, external_ids: Iterable[str], *, request_id: str) -> Generator[tuple[str, FetchResult]]:
        paths = (("patients", external_id) for external_id in external_ids)
        with closing(self.source.get_objects(paths, request_id=request_id)) as results:
            for (_, external_id), result in results:
                yield external_id, _document(result) if isinstance(result, UpstreamResponse) else result


@frozen
class UnconfiguredGateway(PatientGateway):
    """Every fetch raises `Unavailable`."""

    def fetch(self, external_id: str, *, request_id: str) -> UpstreamDocument | None:
        raise Unavailable(_NOT_CONFIGURED)

    def fetch_all(self, external_ids: Iterable[str], *, request_id: str) -> Generator[tuple[str, FetchResult]]:
        raise Unavailable(_NOT_CONFIGURED)


def _document(response: UpstreamResponse) -> UpstreamDocument:
    return UpstreamDocument(response.document, response.requested_before)
