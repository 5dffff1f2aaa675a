"""Writing and editing a notice, with a preview as the public page shows it."""

from typing import Annotated
from uuid import UUID, uuid4

from dependency_injector.wiring import Provide, inject
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from adapters.web.console.layout import page
from adapters.web.console.notices.notices import View, path_of
from adapters.web.console.once import Done
from adapters.web.console.query import version_of
from adapters.web.console.sent_forms import add_refusal, send_once
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.markdown import html
from core.access import Permission
from core.errors import InvalidValue, VersionMismatch
from core.posts.entities import MAX_CONTENT_LENGTH, Post, parse_content
from core.posts.use_cases import EditPost, ViewPost, WritePost


class NoticeForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Title"), required=False)
    content = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 18, "dir": "auto"}),
        help_text=gettext_lazy("Markdown: # Heading, **bold**, - list, [link](https://example.org)"),
    )

    @property
    def preview(self) -> SafeString | None:
        """None for a text that could not be saved."""
        text = self["content"].value() or ""
        try:
            return html(parse_content(text))
        except InvalidValue:
            return None


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def write(request: HttpRequest, write_post: Annotated[WritePost, Provide["write_post"]]) -> HttpResponse:
    actor = actor_of(request)
    actor.require(Permission.WRITE_POSTS)
    form = NoticeForm(request.POST if request.method == "POST" else None)

    def work() -> Done:
        post = write_post(actor=actor, **form.cleaned_data)
        return Done(path_of(post.id), _("The draft is saved. Publish it when it is ready."))

    answer = send_once(request, form, work) if _is_sent(request) else None
    return answer or _show(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def edit(
    request: HttpRequest, post_id: UUID, view: View, edit_post: Annotated[EditPost, Provide["edit_post"]]
) -> HttpResponse:
    """A notice that somebody else changed meanwhile is shown beside what was typed, and nothing is saved."""
    post = editable(request, post_id, view)
    if not _is_sent(request):
        typed = request.POST if request.method == "POST" else None
        return _show(request, NoticeForm(typed, initial={"title": post.title, "content": post.content}), post)
    form = NoticeForm(request.POST)

    def send() -> HttpResponse:
        edit_post(actor=actor_of(request), post_id=post_id, expected_version=version_of(request), **form.cleaned_data)
        return saved()

    def saved() -> HttpResponse:
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(path_of(post_id))

    try:
        answer = add_refusal(form, send) if form.is_valid() else None
    except VersionMismatch:
        if _is_saved(form, post):  # as when a form is sent twice
            return saved()
        return _show(request, form, post, theirs=post)
    return answer or _show(request, form, post)


def editable(request: HttpRequest, post_id: UUID, view: ViewPost) -> Post:
    """Raises `Forbidden`, `PostNotFound`."""
    actor = actor_of(request)
    actor.require(Permission.WRITE_POSTS)
    post = view(actor=actor, post_id=post_id, counts_as_view=False)
    post.ensure_editable_by(actor)
    return post


def _is_sent(request: HttpRequest) -> bool:
    return request.method == "POST" and "preview" not in request.POST


def _is_saved(form: NoticeForm, post: Post) -> bool:
    typed = form.cleaned_data
    return (typed["title"].strip(), parse_content(typed["content"])) == (post.title, post.content)


def _show(request: HttpRequest, form: NoticeForm, post: Post | None = None, theirs: Post | None = None) -> HttpResponse:
    """`theirs` is the notice as somebody else saved it meanwhile."""
    sent = request.method == "POST" and theirs is None
    version = version_of(request) if sent or post is None else post.version
    context = {"form": form, "post": post, "theirs": theirs, "version": version, "key": str(uuid4())}
    status = 409 if theirs else 400 if _is_sent(request) else 200
    return page(request, "console/notice_form.html", {**context, "most": MAX_CONTENT_LENGTH}, status=status)
