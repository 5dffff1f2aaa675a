"""Comments on a notice."""

from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from adapters.web.console.confirm import Question, confirm
from adapters.web.console.notices.notices import Comments, View, path_of, show_notice
from adapters.web.console.once import Done, redirect_once
from adapters.web.console.sent_forms import send_once
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import Names
from core.access import Permission
from core.posts.use_cases import AddComment, RemoveComment


class CommentForm(forms.Form):
    content = forms.CharField(label=gettext_lazy("Comment"), required=False, strip=False)


@require_POST
@staff_page
@inject
def comment(
    request: HttpRequest,
    post_id: UUID,
    add: Annotated[AddComment, Provide["add_comment"]],
    view: View,
    comments: Comments,
    name_actors: Names,
) -> HttpResponse:
    form = CommentForm(request.POST)

    def work() -> Done:
        add(actor=actor_of(request), post_id=post_id, content=form.cleaned_data["content"])
        return Done(path_of(post_id), _("Your comment is added."))

    return send_once(request, form, work) or show_notice(request, post_id, view, comments, name_actors, form)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def remove(
    request: HttpRequest,
    post_id: UUID,
    comment_id: UUID,
    remove_comment: Annotated[RemoveComment, Provide["remove_comment"]],
) -> HttpResponse:
    actor, back = actor_of(request), path_of(post_id)
    actor.require(Permission.COMMENT_POSTS)

    def ask() -> dict[str, object]:
        asked = Question(_("Remove this comment?"), _("It is removed for good."), _("Remove the comment"), back)
        return {"asked": asked}

    def work() -> Done:
        remove_comment(actor=actor, post_id=post_id, comment_id=comment_id)
        return Done(back, _("The comment is removed."))

    return confirm(request, ask, lambda: redirect_once(request, None, work))
