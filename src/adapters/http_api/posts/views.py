from typing import Annotated, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.posts.schemas import (
    DRAFTS,
    DraftSerializer,
    PostPageSerializer,
    PostSerializer,
    PublishedSerializer,
    post_document,
    post_json,
)
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import expected_version, read_body_collecting, require_no_input
from adapters.http_api.rest.cursors import id_cursor, paging
from adapters.http_api.rest.idempotency import once
from adapters.http_api.rest.openapi import CURSOR, IF_MATCH, IF_NONE_MATCH, LIMIT, document_operation
from adapters.http_api.rest.preconditions import Preconditions
from adapters.http_api.rest.queries import read_query
from adapters.http_api.rest.responses import document, page
from core.access import Permission
from core.errors import ErrorCollector, Unauthenticated, parse_field
from core.posts import use_cases
from core.posts.entities import REQUIRED, Draft, Edits
from core.values import parse_bool

Edit = Annotated[use_cases.EditPost, Provide["edit_post"]]


class PostsView(APIView):
    @document_operation(
        "list_posts", Permission.VIEW_POSTS, PostPageSerializer, 403, parameters=[DRAFTS, LIMIT, CURSOR]
    )
    @inject
    def get(
        self,
        request: Request,
        list_posts: Annotated[use_cases.ListPosts, Provide["list_posts"]],
        list_drafts: Annotated[use_cases.ListDrafts, Provide["list_drafts"]],
    ) -> HttpResponse:
        """List the published posts.

        The most recently published first. `drafts=true` lists drafts instead and needs `posts.write`.
        """
        given = read_query(request.query_params, ["drafts", "limit", "cursor"])
        drafts = parse_field("drafts", parse_bool, given.pop("drafts", False))
        if drafts and request.auth is None:
            raise Unauthenticated
        found = (list_drafts if drafts else list_posts)(actor=actor(request), **paging(given))
        return page(request, [post_json(request, post) for post in found.items], id_cursor(found.next))

    @document_operation(
        "write_post",
        Permission.WRITE_POSTS,
        PostSerializer,
        409,
        status=201,
        body=DraftSerializer,
        headers=["ETag", "Location"],
        repeatable=True,
    )
    @once
    @inject
    def post(self, request: Request, write: Annotated[use_cases.WritePost, Provide["write_post"]]) -> HttpResponse:
        """Write a draft of a post.

        Nobody but its author and editors can read it until it is published.
        """
        draft, errors = read_body_collecting(request, PostSerializer)
        post = write(actor=actor(request), errors=errors, **cast("Draft", draft))
        location = request.build_absolute_uri(f"/api/v1/posts/{post.id}/")
        return post_document(request, post, status=201, headers={"Location": location})


class PopularPostsView(APIView):
    @document_operation("popular_posts", Permission.VIEW_POSTS, PostPageSerializer)
    @inject
    def get(
        self, request: Request, popular: Annotated[use_cases.PopularPosts, Provide["popular_posts"]]
    ) -> HttpResponse:
        """List the most viewed posts.

        At most ten, the most viewed first.
        """
        read_query(request.query_params, [])
        found = popular(actor=actor(request))
        return page(request, [post_json(request, post) for post in found.items], None)


class PostView(APIView):
    tagged = True

    @document_operation(
        "view_post", Permission.VIEW_POSTS, PostSerializer, 404, parameters=[IF_NONE_MATCH], headers=["ETag"]
    )
    @inject
    def get(
        self, request: Request, post_id: UUID, view: Annotated[use_cases.ViewPost, Provide["view_post"]]
    ) -> HttpResponse:
        """View a post.

        Counts as a view of the post, unless it is sent with HEAD. Drafts are visible to their author and to editors.
        """
        read_query(request.query_params, [])
        head = request.method == "HEAD"
        return post_document(request, view(actor=actor(request), post_id=post_id, counts_as_view=not head))

    @document_operation(
        "replace_post",
        Permission.WRITE_POSTS,
        PostSerializer,
        404,
        412,
        body=PostSerializer,
        parameters=[IF_MATCH],
        headers=["ETag"],
    )
    @inject
    def put(self, request: Request, post_id: UUID, edit: Edit) -> HttpResponse:
        """Replace a post.

        Accepts the body of `view_post`: read-only members are ignored, and `version` acts as `If-Match`. The posts of
        others
        need `posts.edit`.
        """
        edits, errors = read_body_collecting(request, PostSerializer, required=REQUIRED, ignore_read_only=True)
        return _edit(request, post_id, edits, errors, edit, expected_version(request, errors))

    @document_operation(
        "edit_post",
        Permission.WRITE_POSTS,
        PostSerializer,
        404,
        412,
        body=PostSerializer(partial=True),
        parameters=[IF_MATCH],
        headers=["ETag"],
        repeatable=True,
    )
    @once
    @inject
    def patch(self, request: Request, post_id: UUID, edit: Edit) -> HttpResponse:
        """Change some members of a post.

        A merge patch (RFC 7396): members that are missing keep their values. The posts of others need `posts.edit`.
        """
        return _edit(request, post_id, *read_body_collecting(request, PostSerializer), edit)

    @document_operation("delete_post", Permission.WRITE_POSTS, None, 404, 412, status=204, parameters=[IF_MATCH])
    @inject
    def delete(
        self, request: Request, post_id: UUID, delete: Annotated[use_cases.DeletePost, Provide["delete_post"]]
    ) -> HttpResponse:
        """Delete a post and its comments.

        The posts of others need `posts.edit`.
        """
        require_no_input(request)
        delete(actor=actor(request), post_id=post_id, check=Preconditions.of(request).check)
        return HttpResponse(status=204)


def _edit(
    request: Request,
    post_id: UUID,
    edits: dict[str, object],
    errors: ErrorCollector,
    edit: use_cases.EditPost,
    seen: int | None = None,
) -> HttpResponse:
    check, given = Preconditions.of(request).check, cast("Edits", edits)
    post = edit(actor=actor(request), post_id=post_id, expected_version=seen, check=check, errors=errors, **given)
    return post_document(request, post)


class PostPublishView(APIView):
    @document_operation("publish_post", Permission.WRITE_POSTS, PublishedSerializer, 404, 409, repeatable=True)
    @once
    @inject
    def post(
        self, request: Request, post_id: UUID, publish: Annotated[use_cases.PublishPost, Provide["publish_post"]]
    ) -> HttpResponse:
        """Publish a draft.

        The posts of others need `posts.edit`.
        """
        require_no_input(request)
        publish(actor=actor(request), post_id=post_id)
        return document({"status": "published"})
