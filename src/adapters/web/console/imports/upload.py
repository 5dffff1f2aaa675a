"""Importing a file. Whether somebody may import, and how long the file is, is checked before the body is read."""

from contextlib import suppress
from hashlib import file_digest
from uuid import uuid4

from dependency_injector.wiring import Provide, inject
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from adapters.web.console.imports.upload_form import ImportForm, initial_of
from adapters.web.console.layout import page
from adapters.web.console.once import start_once
from adapters.web.console.query import id_in
from adapters.web.console.staff import actor_of, signed_in
from adapters.web.console.staff_page import staff_page
from adapters.web.core_texts import translated
from core.access import Permission
from core.errors import Unavailable, ValidationError
from core.idempotency.errors import KeyReused
from core.imports.entities import ImportOptions
from core.imports.use_cases import StartImport
from core.jobs.entities import JobKind
from core.jobs.use_cases import ViewJob


@csrf_exempt  # the check reads the body, so `_start` has it
@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest) -> HttpResponse:
    if request.method == "POST" and not signed_in(request):  # a file cannot be kept meanwhile
        return HttpResponseRedirect(f"{reverse('console:sign_in')}?{urlencode({'next': request.path})}")
    return _import_file(request)


@staff_page
@inject
def _import_file(request: HttpRequest, view: ViewJob = Provide["view_job"]) -> HttpResponse:
    actor = actor_of(request)
    actor.require(Permission.IMPORT_PATIENTS)
    if request.method != "POST":
        like = id_in(request, "like")
        found = view(actor=actor, kind=JobKind.IMPORT, job_id=like) if like else None
        initial = initial_of(ImportOptions.of(found)) if found else {}
        return _show(request, ImportForm(initial=initial), again=bool(found))
    if _length(request) > settings.IMPORT_MAX_BYTES:
        most = settings.IMPORT_MAX_BYTES // 1_000_000
        problem = _("The file is larger than %(most)s MB. Import it in parts.") % {"most": most}
        return _show(request, ImportForm(), status=413, problem=problem)
    return _start(request)


@csrf_protect
@inject
def _start(request: HttpRequest, start: StartImport = Provide["start_import"]) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, form, status=400)
    given = dict(form.cleaned_data)
    file = given.pop("file")
    content = [file_digest(file, "sha256").hexdigest(), given]
    try:
        how = form.how()
        return start_once(request, content, lambda: start(actor=actor_of(request), content=file.chunks, **how))
    except ValidationError as invalid:
        form.add_errors(invalid)
        return _show(request, form, status=400)
    except KeyReused:
        problem = _("This form has imported another file before. Choose the file again to import it, too.")
        return _show(request, form, status=409, problem=problem)
    except Unavailable as error:
        return _show(request, form, status=503, problem=translated(error))


def _show(request: HttpRequest, form: ImportForm, *, status: int = 200, **more: object) -> HttpResponse:
    return page(request, "console/import.html", {"form": form, "key": str(uuid4()), **more}, status=status)


def _length(request: HttpRequest) -> int:
    """Of the body, as Django reads the header."""
    with suppress(ValueError):
        return int(request.META.get("CONTENT_LENGTH") or 0)
    return 0
