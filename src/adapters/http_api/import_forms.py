"""The form that asks for an import."""

from typing import TypedDict

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.request import Request

from adapters.http_api.requests import names, parameters
from core.errors import FaultList, Invalid, Refused
from core.patients.files import AS_IT_STANDS, Encoding, FileFormat, FileOptions, parse_encoding, read_object
from core.values import choice, yes_or_no


class ImportFormSerializer(serializers.Serializer):
    file = serializers.FileField(help_text="CSV with a header, NDJSON, or a spreadsheet.")
    format = serializers.ChoiceField(
        list(FileFormat), required=False, help_text="Told by the file's name unless given."
    )
    update = serializers.BooleanField(  # type: ignore[assignment]  # the member's name
        required=False, help_text="Change a patient who has a row's email already."
    )
    dry_run = serializers.BooleanField(required=False, help_text="Change nothing: say what would become of the rows.")
    encoding = serializers.ChoiceField(
        list(Encoding), required=False, help_text="Required unless it is UTF-8 or UTF-16."
    )
    date_format = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="How dates are written besides YYYY-MM-DD, such as DD/MM/YYYY or M/D/YYYY.",
    )
    columns = serializers.JSONField(
        required=False, help_text='Names of the file\'s columns, and the field or null for each: {"Cell": "phone"}.'
    )
    ignore_unknown = serializers.BooleanField(required=False, help_text="Ignore columns that are unknown.")


class ImportForm(TypedDict):
    format: FileFormat
    update: bool
    dry_run: bool
    encoding: Encoding | None
    file_options: FileOptions


def import_form(request: Request) -> tuple[UploadedFile, ImportForm]:
    """Raises `Invalid`, with a fault for each part that is wrong."""
    parameters(request.query_params, [])
    faults = FaultList()
    given_parts = request.data.lists() if isinstance(request.data, QueryDict) else []  # an object without a body
    for name, parts in given_parts:
        if name not in names(ImportFormSerializer):
            faults.add(name, "unknown", "There is no such field.")
        elif len(parts) > 1:
            faults.add(name, "repeated", "Give this once.")
        elif name != "file" and name in request.FILES:
            faults.add(name, "type", "Must be a field, not a file: leave out its file name.")
    file = request.FILES.get("file")
    flags: dict[str, bool] = {"true": True, "false": False}
    given: dict[str, object] = {name: flags.get(str(value).lower(), value) for name, value in request.POST.items()}
    how: ImportForm = {
        "format": FileFormat.of_name(file.name if file and file.name else ""),
        "update": False,
        "dry_run": False,
        "encoding": None,
        "file_options": AS_IT_STANDS,
    }
    with faults.noting("format"):
        how["format"] = choice(given.get("format", how["format"]), FileFormat)
    with faults.noting("update"):
        how["update"] = yes_or_no(given.get("update", False))
    with faults.noting("dry_run"):
        how["dry_run"] = yes_or_no(given.get("dry_run", False))
    with faults.noting("encoding"):
        how["encoding"] = parse_encoding(given.get("encoding"))
    try:
        how["file_options"] = FileOptions.parse(
            columns=_json(given.get("columns")),
            ignore_unknown=given.get("ignore_unknown", False),
            date_format=given.get("date_format"),
        )
    except Invalid as invalid:
        faults.extend(invalid)
    if not isinstance(file, UploadedFile):
        faults.add("file", "required", "Send the file as the part of this name.")
    faults.raise_if_any()
    assert isinstance(file, UploadedFile)
    return file, how


def _json(part: object) -> object:
    """What the JSON of a part says; where it is none, the text, which is no mapping."""
    try:
        return read_object(part.encode()) if isinstance(part, str) else part
    except (Refused, UnicodeEncodeError):
        return part
