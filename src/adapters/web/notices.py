"""The team's notices, for anybody to read."""

from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from adapters.web.markdown import html
from core.access import Actor
from core.posts.errors import PostNotFound
from core.posts.use_cases import ListPosts, ReadPost


@require_safe
@inject
def notices(request: HttpRequest, list_posts: Annotated[ListPosts, Provide["list_posts"]]) -> HttpResponse:
    page = list_posts(actor=_anybody(request), after=_after(request))
    return render(request, "notices/list.html", {"page": page})


@require_safe
@inject
def notice(request: HttpRequest, slug: str, read_post: Annotated[ReadPost, Provide["read_post"]]) -> HttpResponse:
    try:
        post = read_post(actor=_anybody(request), slug=slug, counts_as_view=request.method != "HEAD")
    except PostNotFound:
        raise Http404 from None
    return render(request, "notices/notice.html", {"post": post, "content": html(post.content)})


def _anybody(request: HttpRequest) -> Actor:
    return Actor.anonymous(request.META["REQUEST_ID"])


def _after(request: HttpRequest) -> UUID | None:
    given = request.GET.get("after")
    try:
        return UUID(given) if given else None
    except ValueError:
        raise Http404 from None
