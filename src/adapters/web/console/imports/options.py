"""How the file that was sent is read: its columns, checked and imported."""

from typing import Annotated
from uuid import UUID, uuid4

from dependency_injector.wiring import Provide, inject
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from adapters.web.console.imports.forms import (
    FIELDS,
    MAX_SHOWN,
    OptionsForm,
    add_errors,
    columns_of,
    columns_sent,
    file_options,
    initial_of,
)
from adapters.web.console.layout import page
from adapters.web.console.once import start_once
from adapters.web.console.query import id_in
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.core_texts import translated
from core.errors import Unavailable, ValidationError
from core.files import DEFAULT_OPTIONS
from core.idempotency.errors import KeyReused
from core.imports.entities import ImportOptions
from core.imports.use_cases import PreviewFile, ReadUpload, RemoveUpload, StartImport
from core.jobs.entities import Job, JobKind
from core.jobs.use_cases import ViewJob

Read = Annotated[ReadUpload, Provide["read_upload"]]
Remove = Annotated[RemoveUpload, Provide["remove_upload"]]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def import_options(request: HttpRequest, upload_id: UUID, read: Read, remove: Remove) -> HttpResponse:
    """The buttons send `step`: `show` the columns in another encoding, `check`, `import` or `remove`."""
    if request.method != "POST":
        return _show(request, upload_id)
    step = request.POST.get("step", "check")
    if step == "show":
        return _show(request, upload_id)
    if step == "remove":
        read(actor=actor_of(request), upload_id=upload_id)
        remove(actor=actor_of(request))
        messages.success(request, _("The file is removed."))
        return HttpResponseRedirect(reverse("console:import"))
    return _start(request, upload_id, check=step != "import")


@inject
def _start(
    request: HttpRequest,
    upload_id: UUID,
    *,
    check: bool,
    read: ReadUpload = Provide["read_upload"],
    remove: RemoveUpload = Provide["remove_upload"],
    start: StartImport = Provide["start_import"],
) -> HttpResponse:
    """A file is removed when its import has started, and stays after a check."""
    form, actor = OptionsForm(request.POST), actor_of(request)
    if not form.is_valid():
        return _show(request, upload_id, status=400)

    def begin() -> Job:
        upload, content = read(actor=actor, upload_id=upload_id)
        given = form.cleaned_data
        job = start(
            actor=actor,
            content=content,
            format=upload.format,
            update=given["update"],
            dry_run=check,
            encoding=form.chosen_encoding(),
            file_options=file_options(columns_sent(request.POST), given["date_format"], more="more" in request.POST),
        )
        if not check:
            remove(actor=actor)
        return job

    sent = [(name, text) for name, text in request.POST.items() if name not in {"csrfmiddlewaretoken", "key"}]
    try:
        return start_once(request, sorted(sent), begin)
    except ValidationError as invalid:
        return _show(request, upload_id, status=400, invalid=invalid)
    except KeyReused:
        problem = _("This form has been sent before, with other values. Send it again to use these.")
        return _show(request, upload_id, status=409, problem=problem)
    except Unavailable as error:
        return _show(request, upload_id, status=503, problem=translated(error))


@inject
def _show(
    request: HttpRequest,
    upload_id: UUID,
    *,
    status: int = 200,
    invalid: ValidationError | None = None,
    problem: str = "",
    read: ReadUpload = Provide["read_upload"],
    preview: PreviewFile = Provide["preview_file"],
    view: ViewJob = Provide["view_job"],
) -> HttpResponse:
    actor, like = actor_of(request), id_in(request, "like")
    upload, content = read(actor=actor, upload_id=upload_id)
    options = ImportOptions.of(view(actor=actor, kind=JobKind.IMPORT, job_id=like)) if like else None
    initial = {"encoding": upload.encoding or ""} | (initial_of(options) if options else {})
    form = OptionsForm(request.POST if request.method == "POST" else None, initial=initial)
    context: dict[str, object] = {"form": form, "upload": upload, "fields": FIELDS, "key": str(uuid4())}
    try:
        encoding = None if upload.format.is_spreadsheet else form.chosen_encoding()
        shown = preview(actor=actor, content=content, format=upload.format, encoding=encoding)
    except (ValidationError, Unavailable) as error:
        problems = [translated(one) for one in _messages(error)]
        return page(request, "console/import_options.html", {**context, "problem": " ".join(problems)}, status=status)
    read_as = options.file_options if options else DEFAULT_OPTIONS
    columns = columns_of(shown, read_as.columns, columns_sent(request.POST))
    if invalid:
        columns = add_errors(form, columns, invalid)
    context |= {
        "preview": shown,
        "columns": columns,
        "more": max(0, len(shown.columns) - MAX_SHOWN),
        "unknown": sum(column.is_unclear for column in columns),
        "is_checked": options is not None,
        "problem": problem,
    }
    return page(request, "console/import_options.html", context, status=status)


def _messages(error: ValidationError | Unavailable) -> list[str]:
    return [one.message for one in error.errors] if isinstance(error, ValidationError) else [str(error)]
