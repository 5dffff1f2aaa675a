"""Sending a file. Whether somebody may import, and how long the file is, is checked before the body is read."""

from contextlib import suppress
from hashlib import file_digest
from uuid import UUID, uuid4

from dependency_injector.wiring import Provide, inject
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from adapters.web.console.imports.forms import UploadForm
from adapters.web.console.layout import page
from adapters.web.console.once import Done, redirect_once
from adapters.web.console.query import id_in
from adapters.web.console.staff import actor_of, signed_in
from adapters.web.console.staff_page import staff_page
from adapters.web.core_texts import translated
from core.access import Permission
from core.errors import Unavailable, ValidationError
from core.idempotency.errors import KeyReused
from core.imports.entities import ImportOptions
from core.imports.errors import UploadNotFound
from core.imports.use_cases import KeepUpload, ReadUpload
from core.jobs.entities import JobKind
from core.jobs.use_cases import ViewJob


@csrf_exempt  # the check reads the body, so `_keep` has it
@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest) -> HttpResponse:
    if request.method == "POST" and not signed_in(request):  # a file cannot be kept meanwhile
        return HttpResponseRedirect(f"{reverse('console:sign_in')}?{urlencode({'next': request.path})}")
    return _import_file(request)


@staff_page
@inject
def _import_file(
    request: HttpRequest, read: ReadUpload = Provide["read_upload"], view: ViewJob = Provide["view_job"]
) -> HttpResponse:
    """`like` is a job whose options are taken. If its file is still kept, it need not be sent again."""
    actor = actor_of(request)
    actor.require(Permission.IMPORT_PATIENTS)
    like = id_in(request, "like")
    if request.method == "POST":
        return _receive(request, like)
    job = view(actor=actor, kind=JobKind.IMPORT, job_id=like) if like else None
    kept = None
    with suppress(UploadNotFound):
        kept, _content = read(actor=actor)
    if job and kept and kept.digest == ImportOptions.of(job).digest:
        return HttpResponseRedirect(_options_page(kept.id, like))
    return _show(request, UploadForm(), kept=kept, again=bool(job))


def _receive(request: HttpRequest, like: UUID | None) -> HttpResponse:
    if _length(request) > settings.IMPORT_MAX_BYTES:
        most = settings.IMPORT_MAX_BYTES // 1_000_000
        problem = _("The file is larger than %(most)s MB. Import it in parts.") % {"most": most}
        return _show(request, UploadForm(), status=413, problem=problem)
    return _keep(request, like)


@csrf_protect
@inject
def _keep(request: HttpRequest, like: UUID | None, keep: KeepUpload = Provide["keep_upload"]) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, form, status=400)
    file, chosen = form.cleaned_data["file"], form.chosen_format()

    def work() -> Done:
        return Done(_options_page(keep(actor=actor_of(request), content=file.chunks, format=chosen).id, like))

    try:
        return redirect_once(request, [file_digest(file, "sha256").hexdigest(), chosen], work)
    except ValidationError as invalid:
        for error in invalid.errors:
            form.add_error(None, translated(error.message))
        return _show(request, form, status=400)
    except KeyReused:
        problem = _("This form has sent another file before. Choose the file again to send it, too.")
        return _show(request, form, status=409, problem=problem)
    except Unavailable as error:
        return _show(request, form, status=503, problem=translated(error))


def _options_page(upload_id: UUID, like: UUID | None) -> str:
    path = reverse("console:import_options", args=[upload_id])
    return f"{path}?{urlencode({'like': str(like)})}" if like else path


def _show(request: HttpRequest, form: UploadForm, *, status: int = 200, **more: object) -> HttpResponse:
    context = {"form": form, "key": str(uuid4()), "action": request.get_full_path(), **more}
    return page(request, "console/import.html", context, status=status)


def _length(request: HttpRequest) -> int:
    """Of the body, as Django reads the header."""
    with suppress(ValueError):
        return int(request.META.get("CONTENT_LENGTH") or 0)
    return 0
