"""Publishing and deleting a notice."""

from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from adapters.web.console.confirm import Question, confirm
from adapters.web.console.notices.form import editable
from adapters.web.console.notices.notices import View, path_of
from adapters.web.console.once import Done, redirect_once
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from core.access import Permission
from core.posts.use_cases import DeletePost, PublishPost


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def publish(
    request: HttpRequest, post_id: UUID, view: View, publish_post: Annotated[PublishPost, Provide["publish_post"]]
) -> HttpResponse:
    def ask() -> dict[str, object]:
        post = editable(request, post_id, view)
        meaning = _("Anybody can read it at once, also without signing in. It cannot become a draft again.")
        return {"asked": Question(_("Publish “%s”?") % post.title, meaning, _("Publish"), path_of(post_id))}

    def work() -> Done:
        publish_post(actor=actor_of(request), post_id=post_id)
        return Done(path_of(post_id), _("The notice is published."))

    actor_of(request).require(Permission.WRITE_POSTS)
    return confirm(request, ask, lambda: redirect_once(request, None, work))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def delete(
    request: HttpRequest, post_id: UUID, view: View, delete_post: Annotated[DeletePost, Provide["delete_post"]]
) -> HttpResponse:
    def ask() -> dict[str, object]:
        post = editable(request, post_id, view)
        meaning = _("It is deleted for good, with its comments.")
        return {"asked": Question(_("Delete “%s”?") % post.title, meaning, _("Delete the notice"), path_of(post_id))}

    def work() -> Done:
        delete_post(actor=actor_of(request), post_id=post_id)
        return Done(reverse("console:notices"), _("The notice is deleted."))

    actor_of(request).require(Permission.WRITE_POSTS)
    return confirm(request, ask, lambda: redirect_once(request, None, work))
