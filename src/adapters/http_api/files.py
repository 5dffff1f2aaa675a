"""Answers that are files of patients."""

from collections.abc import Iterable
from functools import partial
from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.authentication import actor
from adapters.http_api.requests import parameters
from adapters.http_api.schema import SPREADSHEET, described
from core.errors import Refused, parse_one
from core.patients.files import FileFormat, write_patients
from core.patients.use_cases import ExportPatients
from core.values import yes_or_no

MEDIA = {FileFormat.CSV: "text/csv", FileFormat.NDJSON: "application/x-ndjson"}


class CsvRenderer(BaseRenderer):
    """Renderers here only tell what can be asked for: the views write the answers."""

    media_type, format = MEDIA[FileFormat.CSV], "csv"


class NdjsonRenderer(BaseRenderer):
    media_type, format = MEDIA[FileFormat.NDJSON], "ndjson"


def file_response(pieces: Iterable[bytes], format: FileFormat, name: str) -> StreamingHttpResponse:
    """Sent piece by piece, as it is read."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format.value}"'}
    return StreamingHttpResponse(pieces, content_type=f"{MEDIA[format]}; charset=utf-8", headers=headers)


class PatientExportView(APIView):
    renderer_classes = (CsvRenderer, NdjsonRenderer)

    @described("export_patients", None, files=tuple(MEDIA.values()), parameters=[SPREADSHEET])
    @inject
    def get(
        self, request: Request, export: Annotated[ExportPatients, Provide["export_patients"]]
    ) -> StreamingHttpResponse:
        """Every patient, oldest first: CSV, or NDJSON where `Accept` asks for that."""
        given = parameters(request.query_params, ["spreadsheet"])
        asked = FileFormat(request.accepted_renderer.format)
        for_spreadsheet = parse_one("spreadsheet", partial(_spreadsheet, asked), given.get("spreadsheet", False))
        patients = export(actor=actor(request))
        return file_response(write_patients(asked, patients, for_spreadsheet=for_spreadsheet), asked, "patients")


def _spreadsheet(format: FileFormat, raw: object) -> bool:
    wanted = yes_or_no(raw)
    if wanted and format is not FileFormat.CSV:
        raise Refused("format", "Only CSV can be written for a spreadsheet.")
    return wanted
