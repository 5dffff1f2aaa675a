"""Answers that are files of patients."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated

from attrs import frozen
from dependency_injector.wiring import Provide, inject
from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.patients.parameters import SPREADSHEET
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.openapi import document_operation
from adapters.http_api.rest.queries import read_query
from core.access import Permission
from core.errors import InvalidValue, parse_field
from core.files import FileFormat, write_patients
from core.patients.use_cases import ExportPatients
from core.ports import ConcurrencyLimiter
from core.values import parse_bool

MEDIA = {FileFormat.CSV: "text/csv", FileFormat.NDJSON: "application/x-ndjson"}
EXAMPLES = {
    MEDIA[FileFormat.CSV]: "first_name,last_name,email\nAda,Lovelace,ada@example.org\n",
    MEDIA[FileFormat.NDJSON]: '{"first_name":"Ada","last_name":"Lovelace","email":"ada@example.org"}\n',
}


class CsvRenderer(BaseRenderer):
    """For content negotiation only: the views write the responses."""

    media_type, format = MEDIA[FileFormat.CSV], "csv"


class NdjsonRenderer(BaseRenderer):
    media_type, format = MEDIA[FileFormat.NDJSON], "ndjson"


@frozen
class _Download(Iterator[bytes]):
    """The server closes it at its end, or when the client disconnects."""

    pieces: Iterator[bytes]
    close: Callable[[], None]

    def __next__(self) -> bytes:
        return next(self.pieces)


@inject
def stream(
    request: Request,
    pieces: Iterator[bytes],
    content_type: str,
    name: str,
    downloads: ConcurrencyLimiter = Provide["downloads"],
) -> StreamingHttpResponse:
    """Sent piece by piece, as it is read. Raises `TooManyRequests` while the caller has too many of them: each holds a
    thread until all of it is read."""
    download = _Download(pieces, downloads.acquire(actor(request).name))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(download, content_type=content_type, headers=headers)


def file_response(request: Request, pieces: Iterator[bytes], format: FileFormat, name: str) -> StreamingHttpResponse:
    return stream(request, pieces, f"{MEDIA[format]}; charset=utf-8", f"{name}.{format.value}")


class PatientExportView(APIView):
    renderer_classes = (CsvRenderer, NdjsonRenderer)

    @document_operation(
        "export_patients",
        Permission.EXPORT_PATIENTS,
        None,
        files=EXAMPLES,
        parameters=[SPREADSHEET],
        headers=["Content-Disposition"],
    )
    @inject
    def get(
        self, request: Request, export: Annotated[ExportPatients, Provide["export_patients"]]
    ) -> StreamingHttpResponse:
        """Download every patient.

        Oldest first, as CSV, or as NDJSON if `Accept` asks for it.
        """
        given = read_query(request.query_params, ["spreadsheet"])
        asked = FileFormat(request.accepted_renderer.format)
        for_spreadsheet = parse_field("spreadsheet", partial(_spreadsheet, asked), given.get("spreadsheet", False))
        patients = export(actor=actor(request))
        pieces = write_patients(asked, patients, for_spreadsheet=for_spreadsheet)
        return file_response(request, pieces, asked, "patients")


def _spreadsheet(format: FileFormat, raw: object) -> bool:
    wanted = parse_bool(raw)
    if wanted and format is not FileFormat.CSV:
        raise InvalidValue("format", "Only CSV can be written for a spreadsheet.")
    return wanted
