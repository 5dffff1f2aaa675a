from collections.abc import Mapping

from rest_framework import serializers
from rest_framework.request import Request

from adapters.http_api.jobs.schemas import JobSerializer, counts_serializer, job_json
from adapters.http_api.rest.schemas import PageSerializer
from core.files import Encoding, FileFormat
from core.imports.entities import ImportOptions, ImportRowOutcome
from core.jobs.entities import Job
from core.patients.fields import SETTABLE


class AssumedSerializer(serializers.Serializer):
    encoding = serializers.ChoiceField(list(Encoding), help_text="The encoding of the text.")
    delimiter = serializers.CharField(allow_null=True, help_text="What separates the cells of a CSV file.")
    sheet = serializers.CharField(allow_null=True, help_text="The sheet of a spreadsheet that is read: the first one.")
    columns = serializers.DictField(
        child=serializers.ChoiceField(list(SETTABLE), allow_null=True),
        help_text="The field of each column of a CSV file; null for a column that is ignored.",
        initial={"E-Mail": "email", "Notes": None},
    )
    date_format = serializers.CharField(allow_null=True, help_text="The format of dates, beside YYYY-MM-DD.")


class ImportSerializer(JobSerializer):
    format = serializers.ChoiceField(list(FileFormat), help_text="The format of the file.")
    update = serializers.BooleanField(  # type: ignore[assignment]  # the member's name
        help_text="A row whose email, external id or unique identifier a patient already has changes that patient."
    )
    dry_run = serializers.BooleanField(help_text="Nothing is changed.")
    assumed = AssumedSerializer(help_text="How the file is read: as the request said, or as detected.")
    counts = counts_serializer("ImportCounts", ImportRowOutcome)
    rejects = serializers.URLField(
        help_text="The address of the rejected rows, each with its line, fields and reasons.",
        initial="https://registry.example/api/v1/imports/019c13d1-7e40-7000-8000-000000000001/rejects/",
    )


class ImportPageSerializer(PageSerializer):
    results = ImportSerializer(many=True, help_text="The imports on this page.")


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
