from typing import Annotated, TypedDict, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.authentication import actor
from adapters.http_api.errors import BodyTooLarge
from adapters.http_api.files import MEDIA, CsvRenderer, NdjsonRenderer, file_response
from adapters.http_api.jobs import JobSerializer, counts_serializer, job_json
from adapters.http_api.requests import cursor, names, paging, parameters
from adapters.http_api.responses import document, page
from adapters.http_api.schema import CURSOR, LIMIT, described
from core.errors import FaultList
from core.jobs import use_cases
from core.jobs.entities import Job, JobKind
from core.patients.files import FileFormat
from core.patients.imports import ImportOptions, RowOutcome
from core.patients.use_cases import DownloadRejects, StartImport
from core.values import choice, yes_or_no


class ImportFormSerializer(serializers.Serializer):
    file = serializers.FileField(help_text="CSV with a header, or NDJSON; UTF-8.")
    format = serializers.ChoiceField(
        list(FileFormat), required=False, help_text="Told by the file's name unless given."
    )
    update = serializers.BooleanField(  # type: ignore[assignment]  # the member's name
        required=False, help_text="Change a patient who has a row's email already."
    )
    dry_run = serializers.BooleanField(required=False, help_text="Change nothing: say what would become of the rows.")


class ImportSerializer(JobSerializer):
    format = serializers.ChoiceField(list(FileFormat))
    update = serializers.BooleanField()  # type: ignore[assignment]  # the member's name
    dry_run = serializers.BooleanField()
    counts = counts_serializer("ImportCounts", RowOutcome)
    rejects = serializers.URLField(help_text="Where the rejected rows are, each with its line, fields and reasons.")


class ImportPageSerializer(serializers.Serializer):
    next = serializers.URLField(allow_null=True)
    results = ImportSerializer(many=True)


class ImportsView(APIView):
    parser_classes = (MultiPartParser,)

    @described("list_imports", ImportPageSerializer, parameters=[LIMIT, CURSOR])
    @inject
    def get(self, request: Request, list_jobs: Annotated[use_cases.ListJobs, Provide["list_jobs"]]) -> HttpResponse:
        """Whoever asked for them, newest first."""
        given = paging(parameters(request.query_params, ["limit", "cursor"]))
        found = list_jobs(actor=actor(request), kind=JobKind.IMPORT, **given)
        results = [_import_json(request, job) for job in found.items]
        return page(request, results, cursor(found.next) if found.next else None)

    @described("start_import", ImportSerializer, status=202, body=ImportFormSerializer)
    @inject
    def post(self, request: Request, start: Annotated[StartImport, Provide["start_import"]]) -> HttpResponse:
        """Registers every row of the file in the background, by the rules of a registration."""
        if int(request.headers.get("Content-Length") or 0) > settings.IMPORT_MAX_BYTES:
            raise BodyTooLarge
        file, how = _form(request)
        job = start(actor=actor(request), content=file.chunks, **how)
        location = request.build_absolute_uri(f"/api/v1/imports/{job.id}/")
        return document(_import_json(request, job), status=202, headers={"Location": location})


class ImportView(APIView):
    @described("view_import", ImportSerializer, 404)
    @inject
    def get(
        self, request: Request, import_id: UUID, view: Annotated[use_cases.ViewJob, Provide["view_job"]]
    ) -> HttpResponse:
        return document(_import_json(request, view(actor=actor(request), kind=JobKind.IMPORT, job_id=import_id)))


class CancelImportView(APIView):
    @described("cancel_import", ImportSerializer, 404, 409)
    @inject
    def post(
        self, request: Request, import_id: UUID, cancel: Annotated[use_cases.CancelJob, Provide["cancel_job"]]
    ) -> HttpResponse:
        """What was added stays; the file is forgotten."""
        return document(_import_json(request, cancel(actor=actor(request), kind=JobKind.IMPORT, job_id=import_id)))


class ImportRejectsView(APIView):
    renderer_classes = (CsvRenderer, NdjsonRenderer)

    @described("download_rejects", None, 404, files=tuple(MEDIA.values()))
    @inject
    def get(
        self,
        request: Request,
        import_id: UUID,
        view: Annotated[use_cases.ViewJob, Provide["view_job"]],
        download: Annotated[DownloadRejects, Provide["download_rejects"]],
    ) -> StreamingHttpResponse:
        """The rejected rows, in the format of the file: to be mended, and imported as it is."""
        job = view(actor=actor(request), kind=JobKind.IMPORT, job_id=import_id)
        rejects = download(actor=actor(request), job_id=import_id)
        return file_response(rejects, ImportOptions.of(job).format, "rejects")


class _How(TypedDict):
    format: FileFormat
    update: bool
    dry_run: bool


def _form(request: Request) -> tuple[UploadedFile, _How]:
    """Raises `Invalid`, with a fault for each field that is wrong."""
    parameters(request.query_params, [])
    faults = FaultList()
    for name, parts in cast("QueryDict", request.data).lists():
        if name not in names(ImportFormSerializer):
            faults.add(name, "unknown", "There is no such field.")
        elif len(parts) > 1:
            faults.add(name, "repeated", "Give this once.")
    file = request.FILES.get("file")
    flags: dict[str, bool] = {"true": True, "false": False}
    given: dict[str, object] = {name: flags.get(str(value).lower(), value) for name, value in request.POST.items()}
    how: _How = {"format": FileFormat.CSV, "update": False, "dry_run": False}
    with faults.noting("format"):
        named = file.name.rpartition(".")[2].lower() if file and file.name else ""
        how["format"] = choice(given.get("format", named if named in MEDIA else "csv"), FileFormat)
    with faults.noting("update"):
        how["update"] = yes_or_no(given.get("update", False))
    with faults.noting("dry_run"):
        how["dry_run"] = yes_or_no(given.get("dry_run", False))
    if not isinstance(file, UploadedFile):
        faults.add("file", "required", "Send the file as the part of this name.")
    faults.raise_if_any()
    assert isinstance(file, UploadedFile)
    return file, how


def _import_json(request: Request, job: Job) -> dict[str, object]:
    options = ImportOptions.of(job)
    return job_json(job, RowOutcome) | {
        "format": options.format,
        "update": options.update,
        "dry_run": options.dry_run,
        "rejects": request.build_absolute_uri(f"/api/v1/imports/{job.id}/rejects/"),
    }
