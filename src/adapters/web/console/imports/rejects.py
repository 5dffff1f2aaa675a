"""The rejected rows of an import. The page has no values of theirs; the file has, so its download is recorded."""

from collections.abc import Callable, Iterator
from typing import Annotated
from uuid import UUID

from attrs import frozen
from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET, require_safe

from adapters.web.console.jobs.jobs import View, head
from adapters.web.console.layout import page
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from core.files import FileFormat
from core.imports.entities import ImportOptions
from core.imports.use_cases import DownloadRejects, ListRejects
from core.jobs.entities import JobKind
from core.ports import ConcurrencyLimiter

_MEDIA = {FileFormat.CSV: "text/csv", FileFormat.NDJSON: "application/x-ndjson"}


@frozen
class _Download(Iterator[bytes]):
    """The server closes it at its end, or when the browser disconnects."""

    pieces: Iterator[bytes]
    close: Callable[[], None]

    def __next__(self) -> bytes:
        return next(self.pieces)


@require_safe
@staff_page
@inject
def rejects(
    request: HttpRequest,
    job_id: UUID,
    view: View,
    list_rejects: Annotated[ListRejects, Provide["list_rejects"]],
) -> HttpResponse:
    actor = actor_of(request)
    found = view(actor=actor, kind=JobKind.IMPORT, job_id=job_id)
    rows = list_rejects(actor=actor, job_id=job_id)
    return page(request, "console/rejects.html", {**head(found), "rows": rows})


@require_GET
@staff_page
@inject
def rejects_file(
    request: HttpRequest,
    job_id: UUID,
    view: View,
    download: Annotated[DownloadRejects, Provide["download_rejects"]],
    downloads: Annotated[ConcurrencyLimiter, Provide["downloads"]],
) -> HttpResponse:
    """Sent piece by piece. Each download holds a thread until all of it is read, so an account has few at once."""
    actor = actor_of(request)
    written = ImportOptions.of(view(actor=actor, kind=JobKind.IMPORT, job_id=job_id)).format.written
    pieces = download(actor=actor, job_id=job_id)
    answer = StreamingHttpResponse(
        _Download(pieces, downloads.acquire(actor.name)), content_type=f"{_MEDIA[written]}; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="rejects.{written}"'
    answer["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]  # staff_page only knows HttpResponse
