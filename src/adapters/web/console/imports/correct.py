"""Correcting the rejected rows of an import in a form, whose rows become an import of their own."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID, uuid4

from attrs import frozen
from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from adapters.web.console.jobs.jobs import View, head
from adapters.web.console.layout import page
from adapters.web.console.once import start_once
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import label
from adapters.web.core_texts import translated
from core.errors import FieldError, Unavailable, ValidationError
from core.files import WHOLE_ROW, Encoding
from core.idempotency.errors import KeyReused
from core.imports.entities import ImportOptions, RejectedRow
from core.imports.use_cases import CorrectRejects, StartImport, ViewRejects
from core.jobs.entities import Job, JobKind

_KEY = re.compile(r"([0-9]{1,9})\.([0-9]{1,3})")
LONG = 60
Texts = dict[int, dict[int, str]]


@frozen
class Cell:
    key: str
    label: str
    text: str
    is_long: bool
    errors: list[str]


@frozen
class Row:
    """`errors` are those that name none of its cells."""

    line: int
    errors: list[str]
    cells: list[Cell]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def correct_rejects(
    request: HttpRequest,
    job_id: UUID,
    view: View,
    correct: Annotated[CorrectRejects, Provide["correct_rejects"]],
    start: Annotated[StartImport, Provide["start_import"]],
) -> HttpResponse:
    actor, after, texts = actor_of(request), _after(request), _texts(request.POST)
    found = view(actor=actor, kind=JobKind.IMPORT, job_id=job_id)
    if request.method != "POST":
        return _show(request, found, after)
    unchanged, options = "unchanged" in request.POST, ImportOptions.of(found)

    def import_corrected() -> Job:
        content = correct(actor=actor, job_id=job_id, texts=texts, after=after, unchanged=unchanged)
        return start(
            actor=actor,
            content=lambda: [content],
            format=options.format.written,
            update=options.update,
            encoding=Encoding.UTF_8,
            file_options=options.file_options,
        )

    try:
        sent = [[line, sorted(cells.items())] for line, cells in texts.items()]
        return start_once(request, [after, unchanged, sent], import_corrected)
    except ValidationError as invalid:
        return _show(request, found, after, status=400, texts=texts, errors=invalid.errors)
    except KeyReused:
        problem = _("This form has been sent before, with other values. Send it again to import these as well.")
        return _show(request, found, after, status=409, texts=texts, problem=problem)
    except Unavailable as error:
        return _show(request, found, after, status=503, texts=texts, problem=translated(error))


@inject
def _show(
    request: HttpRequest,
    found: Job,
    after: int,
    *,
    status: int = 200,
    texts: Texts | None = None,
    errors: tuple[FieldError, ...] = (),
    problem: str = "",
    view_rejects: ViewRejects = Provide["view_rejects"],
) -> HttpResponse:
    shown = view_rejects(actor=actor_of(request), job_id=found.id, after=after)
    others = [translated(error.message) for error in errors if not _KEY.match(error.field)]
    context = {
        **head(found),
        "rows": [_row(row, (texts or {}).get(row.reject.line, {}), errors) for row in shown.rows],
        "problem": problem or " ".join(others),
        "unchanged": "unchanged" in request.POST,
        "after": after,
        "next": shown.next,
        "key": str(uuid4()),
    }
    return page(request, "console/correct_rejects.html", context, status=status)


def _row(row: RejectedRow, texts: Mapping[int, str], errors: Sequence[FieldError]) -> Row:
    """As it was typed. A row that was changed has the errors that it has now."""
    reject, prefix = row.reject, f"{row.reject.line}."
    new = [
        (error.field.removeprefix(prefix), translated(error.message))
        for error in errors
        if error.field.startswith(prefix)
    ]
    is_changed = any(texts.get(number, cell.text) != cell.text for number, cell in enumerate(row.cells))
    reasons = new if is_changed else [(error.field, translated(error.message)) for error in reject.errors]
    by_name: dict[str, list[str]] = {}
    for name, message in reasons:
        by_name.setdefault(name.partition(".")[0], []).append(message)
    cells = [
        Cell(
            key=f"{prefix}{number}",
            label=_label(cell.name),
            text=texts.get(number, cell.text),
            is_long=cell.name == WHOLE_ROW or "\n" in cell.text or len(cell.text) > LONG,
            errors=by_name.pop(cell.name, []),
        )
        for number, cell in enumerate(row.cells)
    ]
    return Row(reject.line, [message for messages in by_name.values() for message in messages], cells)


def _label(name: str) -> str:
    if name == WHOLE_ROW:
        return _("The row as it is in the file")
    return label(name) or _("Column without a name")


def _texts(sent: Mapping[str, str]) -> Texts:
    texts: Texts = {}
    for name, text in sent.items():
        if key := _KEY.fullmatch(name):
            texts.setdefault(int(key[1]), {})[int(key[2])] = text.replace("\r\n", "\n")
    return texts


def _after(request: HttpRequest) -> int:
    given = request.POST.get("after") or request.GET.get("after", "")
    return int(given) if given.isdecimal() and len(given) < 10 else 0
