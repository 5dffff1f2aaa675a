"""The form that asks for an import."""

from collections.abc import Mapping
from typing import IO, Any, TypedDict, cast

from attrs import define
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.http import parse_header_parameters
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import DataAndFiles, MultiPartParser
from rest_framework.request import Request

from adapters.http_api.rest.bodies import names
from adapters.http_api.rest.queries import REPEATED, read_query
from core.errors import ErrorCollector, FieldError, InvalidValue, ValidationError
from core.files import DEFAULT_OPTIONS, Encoding, FileFormat, FileOptions, parse_encoding, read_object
from core.values import parse_bool, parse_enum

_NOT_A_FORM = FieldError(
    "", "parts", "Give each part of the form a name, the file a file name, and the form a boundary that ends it."
)


class ImportFormSerializer(serializers.Serializer):
    file = serializers.FileField(
        help_text="CSV with a header line, NDJSON, or a spreadsheet.",
    )
    format = serializers.ChoiceField(
        list(FileFormat), required=False, help_text="By default, the one of the file name's ending."
    )
    update = serializers.BooleanField(  # type: ignore[assignment]  # the member's name
        required=False,
        help_text="A row whose email, external id or unique identifier a patient already has changes that patient.",
    )
    dry_run = serializers.BooleanField(
        required=False,
        help_text="Change nothing: only report the outcome of each row.",
        initial=True,
    )
    encoding = serializers.ChoiceField(
        list(Encoding), required=False, help_text="Required unless the file is UTF-8 or UTF-16."
    )
    date_format = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="The format of dates, beside YYYY-MM-DD: such as DD/MM/YYYY or M/D/YYYY.",
    )
    columns = serializers.JSONField(
        required=False, help_text='The field, or null, for column names of the file: {"Cell": "phone"}.'
    )
    ignore_unknown = serializers.BooleanField(required=False, help_text="Ignore unknown columns.")


@define
class _CountedParts:
    """A form's body that counts the delimiters of its parts while it is read."""

    body: IO[bytes]
    delimiter: bytes
    count: int = 0
    _rest: bytes = b""

    def read(self, size: int = -1) -> bytes:
        piece = self.body.read(size)
        *found, rest = (self._rest + piece).split(self.delimiter)
        self.count += len(found)
        self._rest = rest[1 - len(self.delimiter) :]
        return piece


class ImportFormParser(MultiPartParser):
    """Django skips a part that has no name, or whose file has none that can be used. Raises `ValidationError` for
    those, and for what is no form."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> DataAndFiles:
        boundary = parse_header_parameters(media_type or "")[1].get("boundary", "")
        counted = _CountedParts(stream, f"--{boundary}".encode(errors="replace"))
        try:
            form = super().parse(cast("IO[bytes]", counted), media_type, parser_context)
        except ParseError:  # a long part that Django skips may be what it cannot read
            raise ValidationError([_NOT_A_FORM]) from None
        taken = sum(len(parts) for named in (form.data, form.files) for _, parts in named.lists())
        if counted.count != taken + 1:  # the last one closes the form
            raise ValidationError([_NOT_A_FORM])
        return form


class ImportForm(TypedDict):
    format: FileFormat
    update: bool
    dry_run: bool
    encoding: Encoding | None
    file_options: FileOptions


def import_form(request: Request) -> tuple[UploadedFile, ImportForm]:
    """Raises `ValidationError`, with an error for each part that is wrong."""
    read_query(request.query_params, [])
    errors = ErrorCollector()
    given_parts = request.data.lists() if isinstance(request.data, QueryDict) else []  # an object without a body
    for name, parts in given_parts:
        if name not in names(ImportFormSerializer):
            errors.add(name, "unknown", "Unknown field.")
        elif len(parts) > 1:
            errors.add(name, "repeated", REPEATED)
        elif name != "file" and name in request.FILES:
            errors.add(name, "type", "Must be a field, not a file: leave out its file name.")
    file = request.FILES.get("file")
    flags: dict[str, bool] = {"true": True, "false": False}
    given: dict[str, object] = {name: flags.get(str(value).lower(), value) for name, value in request.POST.items()}
    how: ImportForm = {
        "format": FileFormat.of_name(file.name if file and file.name else ""),
        "update": False,
        "dry_run": False,
        "encoding": None,
        "file_options": DEFAULT_OPTIONS,
    }
    with errors.field("format"):
        how["format"] = parse_enum(given.get("format", how["format"]), FileFormat)
    with errors.field("update"):
        how["update"] = parse_bool(given.get("update", False))
    with errors.field("dry_run"):
        how["dry_run"] = parse_bool(given.get("dry_run", False))
    with errors.field("encoding"):
        how["encoding"] = parse_encoding(given.get("encoding"))
    try:
        how["file_options"] = FileOptions.parse(
            columns=_json(given.get("columns")),
            ignore_unknown=given.get("ignore_unknown", False),
            date_format=given.get("date_format"),
        )
    except ValidationError as invalid:
        errors.extend(invalid)
    if not isinstance(file, UploadedFile):
        errors.add("file", "required", "Send the file as the part of this name.")
    errors.raise_if_any()
    assert isinstance(file, UploadedFile)
    return file, how


def _json(part: object) -> object:
    """What the JSON of a part says; where it is none, the text, which is no mapping."""
    try:
        return read_object(part.encode()) if isinstance(part, str) else part
    except (InvalidValue, UnicodeEncodeError):
        return part
