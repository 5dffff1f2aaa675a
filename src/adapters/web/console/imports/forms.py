"""The forms of an import: the file, then how it is read."""

from collections.abc import Mapping, Sequence

from attrs import evolve, frozen
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from adapters.web.console.words import LABELS
from adapters.web.core_texts import translated
from core.errors import ValidationError
from core.files import Encoding, FileFormat, FileOptions, FilePreview
from core.imports.entities import ImportOptions
from core.patients.fields import SETTABLE

MAX_SHOWN = 60  # columns
FIELDS = [(name, LABELS[name]) for name in SETTABLE]
_ENDINGS = ".csv,.tsv,.txt,.ndjson,.jsonl,.xlsx,.ods"


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV with a header line, NDJSON, or a spreadsheet (.xlsx, .ods)."),
        widget=forms.FileInput(attrs={"accept": _ENDINGS}),
    )
    format = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Format"),
        choices=[
            ("", gettext_lazy("By the ending of the file's name")),
            *((one, one.upper()) for one in FileFormat),
        ],
    )

    def chosen_format(self) -> FileFormat:
        given = self.cleaned_data
        return FileFormat(given["format"]) if given["format"] else FileFormat.of_name(given["file"].name)


class OptionsForm(forms.Form):
    """Without the columns. A spreadsheet has no encoding."""

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
    encoding = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Encoding"),
        choices=[("", gettext_lazy("Unknown")), *((one, one) for one in Encoding)],
    )

    def chosen_encoding(self) -> Encoding | None:
        """As it was given, even if the rest of the form is invalid."""
        given = self["encoding"].value()
        return Encoding(given) if given in set(Encoding) else None


@frozen
class Column:
    """`field` is the chosen one, "" if the column is ignored."""

    title: str
    field: str
    is_known: bool = True
    samples: Sequence[str] = ()
    errors: Sequence[str] = ()

    @property
    def is_unclear(self) -> bool:
        """Its name is unknown, and no field is chosen."""
        return not self.is_known and not self.field


def columns_sent(sent: Mapping[str, str]) -> list[Column]:
    names = [str(number) for number in range(MAX_SHOWN)]
    return [Column(sent[f"title-{n}"], sent.get(f"column-{n}", "")) for n in names if f"title-{n}" in sent]


def columns_of(preview: FilePreview, chosen: Mapping[str, str], sent: Sequence[Column]) -> list[Column]:
    """Those to be shown: as they were sent, or chosen for an import of the same file before, or by their names."""
    fields = {**chosen, **{column.title: column.field for column in sent}}
    return [
        Column(one.title, fields.get(one.title, one.field) or "", one.field is not None, one.samples)
        for one in preview.columns[:MAX_SHOWN]
    ]


def file_options(columns: Sequence[Column], date_format: str, *, more: bool) -> FileOptions:
    """With `more` columns than are shown, those with unknown names are ignored. Raises `ValidationError`."""
    return FileOptions.parse(
        columns={column.title: column.field or None for column in columns},
        ignore_unknown=more,
        date_format=date_format or None,
    )


def initial_of(options: ImportOptions) -> dict[str, object]:
    return {
        "update": options.update,
        "date_format": options.file_options.date_format,
        "encoding": "" if options.format.is_spreadsheet else options.encoding,
    }


def add_errors(form: forms.Form, columns: Sequence[Column], invalid: ValidationError) -> list[Column]:
    """To the form, and to the columns, which it returns."""
    by_title: dict[str, list[str]] = {column.title: [] for column in columns}
    for error in invalid.errors:
        name, message = error.field.removeprefix("columns."), translated(error.message)
        if name in by_title:
            by_title[name].append(message)
        elif name in form.fields:
            form.add_error(name, message)
        elif name in SETTABLE and error.code == "required":
            form.add_error(None, _("Choose the column of the first name or of the last name."))
        else:
            form.add_error(None, message)
    return [evolve(column, errors=by_title[column.title]) for column in columns]
