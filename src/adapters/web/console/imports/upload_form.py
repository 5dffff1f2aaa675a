"""The form that asks for an import."""

from collections.abc import Mapping
from typing import TypedDict

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from adapters.web.core_texts import translated
from core.errors import ValidationError
from core.files import Encoding, FileFormat, FileOptions
from core.files.options import MAX_COLUMNS
from core.imports.entities import ImportOptions
from core.patients.fields import SETTABLE

_ENDINGS = ".csv,.tsv,.txt,.ndjson,.jsonl,.xlsx,.ods"


class HowToImport(TypedDict):
    """As the use case takes it."""

    format: FileFormat
    update: bool
    dry_run: bool
    encoding: Encoding | None
    file_options: FileOptions


class ImportForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV with a header line, NDJSON, or a spreadsheet (.xlsx, .ods)."),
        widget=forms.FileInput(attrs={"accept": _ENDINGS}),
    )
    dry_run = forms.BooleanField(
        required=False,
        initial=True,
        label=gettext_lazy("Dry run: change nothing, only show what would happen to each row"),
    )
    update = forms.BooleanField(
        required=False,
        label=gettext_lazy("Update patients who are there already"),
        help_text=gettext_lazy("Those who have a row's email, external id or unique identifier."),
    )
    date_format = forms.CharField(
        required=False,
        max_length=20,
        label=gettext_lazy("How the file writes dates"),
        help_text=gettext_lazy("Such as DD/MM/YYYY, M/D/YYYY or DD.MM.YYYY. Empty if it writes 1987-03-14."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    ignore_unknown = forms.BooleanField(required=False, label="Ignore every unknown column")
    columns = forms.CharField(
        required=False,
        max_length=20_000,
        label=gettext_lazy("Columns with other names"),
        help_text=format_lazy(
            gettext_lazy(
                "A line for each, such as: Cell No. = phone. Nothing after the = ignores the column. "
                "The fields: {fields}."
            ),
            fields=", ".join(SETTABLE),
        ),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    encoding = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Encoding"),
        choices=[("", gettext_lazy("Detected")), *((one, one) for one in Encoding)],
        help_text=gettext_lazy("Needed for a text that is neither UTF-8 nor UTF-16."),
    )
    format = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Format"),
        choices=[("", gettext_lazy("By the ending of the file's name")), *((one, one.upper()) for one in FileFormat)],
    )

    @property
    def essential(self) -> list[forms.BoundField]:
        return [self[name] for name in ("file", "dry_run", "update", "date_format")]

    @property
    def rare(self) -> list[forms.BoundField]:
        return [self[name] for name in ("ignore_unknown", "columns", "encoding", "format")]

    @property
    def shows_rare(self) -> bool:
        return self.is_bound or any(self.initial.values())

    def clean_columns(self) -> Mapping[str, str | None]:
        lines = [line for line in self.cleaned_data["columns"].splitlines() if line.strip()][: MAX_COLUMNS + 1]
        pairs = [line.rpartition("=") for line in lines]
        if not all(name.strip() for name, _, _ in pairs):
            raise forms.ValidationError(_("Write each line as: column = field."))
        return {name.strip(): target.strip() or None for name, _, target in pairs}

    def how(self) -> HowToImport:
        """Of a valid form. Raises `ValidationError`."""
        given = self.cleaned_data
        options = FileOptions.parse(
            columns=given["columns"],
            ignore_unknown=given["ignore_unknown"],
            date_format=given["date_format"] or None,
        )
        return {
            "format": FileFormat(given["format"]) if given["format"] else FileFormat.of_name(given["file"].name),
            "update": given["update"],
            "dry_run": given["dry_run"],
            "encoding": Encoding(given["encoding"]) if given["encoding"] else None,
            "file_options": options,
        }

    def add_errors(self, invalid: ValidationError) -> None:
        """Those of a column stand at the top, with its name."""
        for error in invalid.errors:
            name, message = error.field.partition(".")[0], translated(error.message)
            if error.field in self.fields:
                self.add_error(error.field, message)
            elif name == "columns":
                self.add_error(name, f"{error.field.removeprefix('columns.')}: {message}")
            elif error.code == "unknown":
                unknown = _("%(column)s: Unknown column. Name its field below, or ignore it.")
                self.add_error(None, unknown % {"column": error.field})
            else:
                self.add_error(None, f"{error.field}: {message}")


def initial_of(options: ImportOptions) -> dict[str, object]:
    """The form that would import the same file after a dry run."""
    read = options.file_options
    columns = "\n".join(f"{name} = {target}".rstrip() for name, target in read.columns.items())
    return {
        "dry_run": False,
        "update": options.update,
        "date_format": read.date_format,
        "ignore_unknown": read.ignore_unknown,
        "columns": columns,
        "encoding": "" if options.encoding is Encoding.UTF_8 else options.encoding,
        "format": options.format,
    }
