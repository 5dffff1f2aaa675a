from collections.abc import Generator, Iterable
from contextlib import closing
from typing import Protocol

from attrs import frozen

from adapters.external.bulk import Path
from core.errors import Unavailable
from core.patients.ports import Fetched, PatientGateway
from core.patients.upstream import UpstreamAnswer

_NO_UPSTREAM = "No upstream system is configured, so there is nothing to sync with."


class Source(Protocol):
    """An upstream, which may be one that operators give orders to."""

    def get_object(self, *path: str, request_id: str) -> UpstreamAnswer | None: ...

    def get_objects(self, paths: Iterable[Path], *, request_id: str) -> Generator[tuple[Path, Fetched]]: ...


@frozen
class HttpPatientGateway(PatientGateway):
    source: Source

    def fetch(self, external_id: str, *, request_id: str) -> UpstreamAnswer | None:
        return self.source.get_object("patients", external_id, request_id=request_id)

    def fetch_all(self, external_ids: Iterable[str], *, request_id: str) -> Generator[tuple[str, Fetched]]:
        paths = (("patients", external_id) for external_id in external_ids)
        with closing(self.source.get_objects(paths, request_id=request_id)) as answers:
            for (_, external_id), answer in answers:
                yield external_id, answer


@frozen
class UnconfiguredGateway(PatientGateway):
    """Stands where no upstream is configured: nothing can be fetched, and the reason is told."""

    def fetch(self, external_id: str, *, request_id: str) -> UpstreamAnswer | None:
        raise Unavailable(_NO_UPSTREAM)

    def fetch_all(self, external_ids: Iterable[str], *, request_id: str) -> Generator[tuple[str, Fetched]]:
        raise Unavailable(_NO_UPSTREAM)
