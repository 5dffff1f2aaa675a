from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.authentication import actor
from adapters.http_api.errors import BodyTooLarge
from adapters.http_api.files import MEDIA, CsvRenderer, NdjsonRenderer, file_response
from adapters.http_api.import_forms import ImportFormParser, ImportFormSerializer, import_form
from adapters.http_api.jobs import LOOK_AGAIN, JobSerializer, counts_serializer, job_json
from adapters.http_api.requests import admit, content_length, cursor, paging, parameters, refuse_input
from adapters.http_api.responses import document, page
from adapters.http_api.schema import CURSOR, LIMIT, described
from adapters.http_api.serializers import PageSerializer
from adapters.http_api.users import Names
from core.access import Permission
from core.accounts.use_cases import NameActors
from core.jobs import use_cases
from core.jobs.entities import Job, JobKind
from core.patients.entities import SETTABLE
from core.patients.files import Encoding, FileFormat
from core.patients.imports import ImportOptions, RowOutcome
from core.patients.use_cases import DownloadRejects, StartImport


class AssumedSerializer(serializers.Serializer):
    encoding = serializers.ChoiceField(list(Encoding))
    delimiter = serializers.CharField(allow_null=True, help_text="Of the cells of CSV.")
    sheet = serializers.CharField(allow_null=True, help_text="The first one of a spreadsheet, which is read.")
    columns = serializers.DictField(
        child=serializers.ChoiceField(list(SETTABLE), allow_null=True),
        help_text="The field of each column of a CSV file, null where it is ignored.",
    )
    date_format = serializers.CharField(allow_null=True, help_text="As given; YYYY-MM-DD is always read.")


class ImportSerializer(JobSerializer):
    format = serializers.ChoiceField(list(FileFormat))
    update = serializers.BooleanField()  # type: ignore[assignment]  # the member's name
    dry_run = serializers.BooleanField()
    assumed = AssumedSerializer(help_text="How the file is read, as was given or told from it.")
    counts = counts_serializer("ImportCounts", RowOutcome)
    rejects = serializers.URLField(help_text="Where the rejected rows are, each with its line, fields and reasons.")


class ImportPageSerializer(PageSerializer):
    results = ImportSerializer(many=True)


class ImportsView(APIView):
    parser_classes = (ImportFormParser,)

    @described("list_imports", ImportPageSerializer, parameters=[LIMIT, CURSOR])
    @inject
    def get(
        self, request: Request, list_jobs: Annotated[use_cases.ListJobs, Provide["list_jobs"]], name_actors: Names
    ) -> HttpResponse:
        """Whoever asked for them, newest first."""
        given = paging(parameters(request.query_params, ["limit", "cursor"]))
        found = list_jobs(actor=actor(request), kind=JobKind.IMPORT, **given)
        names = name_actors(actor=actor(request), names={job.actor for job in found.items})
        results = [_import_json(request, job, names) for job in found.items]
        return page(request, results, cursor(found.next) if found.next else None)

    @described("start_import", ImportSerializer, status=202, body=ImportFormSerializer)
    @inject
    def post(
        self, request: Request, start: Annotated[StartImport, Provide["start_import"]], name_actors: Names
    ) -> HttpResponse:
        """Registers every row of the file in the background, by the rules of a registration."""
        admit(request, Permission.IMPORT_PATIENTS)  # as the use case does, but before the body is read
        if content_length(request) > settings.IMPORT_MAX_BYTES:
            raise BodyTooLarge
        file, how = import_form(request)
        job = start(actor=actor(request), content=file.chunks, **how)
        location = request.build_absolute_uri(f"/api/v1/imports/{job.id}/")
        return _answer(request, job, name_actors, status=202, headers={"Location": location} | LOOK_AGAIN)


class ImportView(APIView):
    @described("view_import", ImportSerializer, 404)
    @inject
    def get(
        self,
        request: Request,
        import_id: UUID,
        view: Annotated[use_cases.ViewJob, Provide["view_job"]],
        name_actors: Names,
    ) -> HttpResponse:
        parameters(request.query_params, [])
        return _answer(request, view(actor=actor(request), kind=JobKind.IMPORT, job_id=import_id), name_actors)


class CancelImportView(APIView):
    @described("cancel_import", ImportSerializer, 404, 409)
    @inject
    def post(
        self,
        request: Request,
        import_id: UUID,
        cancel: Annotated[use_cases.CancelJob, Provide["cancel_job"]],
        name_actors: Names,
    ) -> HttpResponse:
        """What was added stays; the file is forgotten."""
        refuse_input(request, Permission.MANAGE_JOBS)
        return _answer(request, cancel(actor=actor(request), kind=JobKind.IMPORT, job_id=import_id), name_actors)


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
        parameters(request.query_params, [])
        job = view(actor=actor(request), kind=JobKind.IMPORT, job_id=import_id)
        rejects = download(actor=actor(request), job_id=import_id)
        return file_response(request, rejects, ImportOptions.of(job).format.written, "rejects")


def _answer(
    request: Request,
    job: Job,
    name_actors: NameActors,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    names = name_actors(actor=actor(request), names=[job.actor])
    return document(_import_json(request, job, names), status=status, headers=headers)


def _import_json(request: Request, job: Job, names: Mapping[str, str | None]) -> dict[str, object]:
    options = ImportOptions.of(job)
    return job_json(job, RowOutcome, names) | {
        "format": options.format,
        "update": options.update,
        "dry_run": options.dry_run,
        "assumed": {
            "encoding": options.encoding,
            "delimiter": options.delimiter or None,
            "sheet": options.sheet or None,
            "columns": options.columns,
            "date_format": options.file_options.date_format or None,
        },
        "rejects": request.build_absolute_uri(f"/api/v1/imports/{job.id}/rejects/"),
    }
