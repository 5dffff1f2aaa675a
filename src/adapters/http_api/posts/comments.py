from typing import Annotated, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.posts.schemas import CommentPageSerializer, CommentSerializer, comment_json
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import read_body_collecting, require_no_input
from adapters.http_api.rest.cursors import id_cursor, paging
from adapters.http_api.rest.idempotency import once
from adapters.http_api.rest.openapi import CURSOR, LIMIT, document_operation
from adapters.http_api.rest.queries import read_query
from adapters.http_api.rest.responses import document, page
from core.access import Permission
from core.posts import use_cases
from core.posts.entities import NewComment


class CommentsView(APIView):
    @document_operation("list_comments", Permission.VIEW_POSTS, CommentPageSerializer, 404, parameters=[LIMIT, CURSOR])
    @inject
    def get(
        self,
        request: Request,
        post_id: UUID,
        list_comments: Annotated[use_cases.ListComments, Provide["list_comments"]],
    ) -> HttpResponse:
        """List the comments on a post.

        Newest first.
        """
        given = paging(read_query(request.query_params, ["limit", "cursor"]))
        found = list_comments(actor=actor(request), post_id=post_id, **given)
        results = [comment_json(request, comment) for comment in found.items]
        return page(request, results, id_cursor(found.next))

    @document_operation(
        "add_comment",
        Permission.COMMENT_POSTS,
        CommentSerializer,
        404,
        409,
        status=201,
        body=CommentSerializer,
        headers=["Location"],
        repeatable=True,
    )
    @once
    @inject
    def post(
        self, request: Request, post_id: UUID, add: Annotated[use_cases.AddComment, Provide["add_comment"]]
    ) -> HttpResponse:
        """Comment on a published post.

        The comment is visible immediately.
        """
        given, errors = read_body_collecting(request, CommentSerializer)
        comment = add(actor=actor(request), post_id=post_id, errors=errors, **cast("NewComment", given))
        location = request.build_absolute_uri(f"/api/v1/posts/{post_id}/comments/{comment.id}/")
        return document(comment_json(request, comment), status=201, headers={"Location": location})


class CommentView(APIView):
    @document_operation("remove_comment", Permission.COMMENT_POSTS, None, 404, status=204)
    @inject
    def delete(
        self,
        request: Request,
        post_id: UUID,
        comment_id: UUID,
        remove: Annotated[use_cases.RemoveComment, Provide["remove_comment"]],
    ) -> HttpResponse:
        """Remove a comment.

        The comments of others need `posts.edit`.
        """
        require_no_input(request)
        remove(actor=actor(request), post_id=post_id, comment_id=comment_id)
        return HttpResponse(status=204)
