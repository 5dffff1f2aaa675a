from collections.abc import Mapping

from rest_framework import serializers
from rest_framework.request import Request

from adapters.http_api.jobs.schemas import JobSerializer, counts_serializer, job_json
from adapters.http_api.rest.schemas import PageSerializer
from core.files import Encoding, FileFormat
from core.imports.entities import ImportOptions, ImportRowOutcome
from core.jobs.entities import Job
from core.patients.entities import SETTABLE


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
    counts = counts_serializer("ImportCounts", ImportRowOutcome)
    rejects = serializers.URLField(help_text="Where the rejected rows are, each with its line, fields and reasons.")


class ImportPageSerializer(PageSerializer):
    results = ImportSerializer(many=True)


def import_json(request: Request, job: Job, names: Mapping[str, str | None]) -> dict[str, object]:
    options = ImportOptions.of(job)
    return job_json(job, ImportRowOutcome, names) | {
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
