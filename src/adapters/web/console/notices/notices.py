"""The team's notices: those that are published, the most read ones, and the drafts that the user may see."""

from collections.abc import Sequence
from typing import Annotated, TypeVar
from uuid import UUID, uuid4

from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from adapters.web.console.layout import page
from adapters.web.console.query import id_in
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import Names, actors_in_words
from adapters.web.markdown import html
from core.accounts.use_cases import NameActors
from core.paging import Page
from core.posts.entities import Comment, Post
from core.posts.use_cases import ListComments, ListDrafts, ListPosts, PopularPosts, ViewPost

PER_PAGE = 20
T = TypeVar("T", Post, Comment)
View = Annotated[ViewPost, Provide["view_post"]]
Comments = Annotated[ListComments, Provide["list_comments"]]


def path_of(post_id: UUID) -> str:
    return reverse("console:notice", args=[post_id])


@require_safe
@staff_page
@inject
def notices(
    request: HttpRequest, list_posts: Annotated[ListPosts, Provide["list_posts"]], name_actors: Names
) -> HttpResponse:
    found = list_posts(actor=actor_of(request), after=id_in(request, "after"), limit=PER_PAGE)
    return _list(request, "notices", found, name_actors)


@require_safe
@staff_page
@inject
def popular(
    request: HttpRequest, popular_posts: Annotated[PopularPosts, Provide["popular_posts"]], name_actors: Names
) -> HttpResponse:
    return _list(request, "popular", popular_posts(actor=actor_of(request)), name_actors)


@require_safe
@staff_page
@inject
def drafts(
    request: HttpRequest, list_drafts: Annotated[ListDrafts, Provide["list_drafts"]], name_actors: Names
) -> HttpResponse:
    found = list_drafts(actor=actor_of(request), after=id_in(request, "after"), limit=PER_PAGE)
    return _list(request, "drafts", found, name_actors)


def _list(request: HttpRequest, which: str, found: Page[Post], name_actors: NameActors) -> HttpResponse:
    context = {"which": which, "posts": _with_authors(request, found.items, name_actors), "next": found.next}
    return page(request, "console/notices.html", context)


@require_safe
@staff_page
@inject
def notice(request: HttpRequest, post_id: UUID, view: View, comments: Comments, name_actors: Names) -> HttpResponse:
    return show_notice(request, post_id, view, comments, name_actors)


def show_notice(
    request: HttpRequest,
    post_id: UUID,
    view: ViewPost,
    list_comments: ListComments,
    name_actors: NameActors,
    form: object = None,
) -> HttpResponse:
    """With its comments, and a form for another one. `form` has a comment that was refused."""
    actor = actor_of(request)
    post = view(actor=actor, post_id=post_id, counts_as_view=request.method == "GET")
    found = list_comments(actor=actor, post_id=post_id, after=id_in(request, "after"), limit=PER_PAGE)
    [(_, author)] = _with_authors(request, [post], name_actors)
    commented = _with_authors(request, found.items, name_actors)
    context = {
        "post": post,
        "author": author,
        "content": html(post.content),
        "editable": post.is_editable_by(actor),
        "comments": [(one, who, one.is_removable_by(actor)) for one, who in commented],
        "next": found.next,
        "form": form,
        "key": str(uuid4()),
    }
    return page(request, "console/notice.html", context, status=400 if form else 200)


def _with_authors(request: HttpRequest, items: Sequence[T], name_actors: NameActors) -> list[tuple[T, str]]:
    names = actors_in_words(actor_of(request), {one.author for one in items}, name_actors)
    return [(one, names[one.author]) for one in items]
