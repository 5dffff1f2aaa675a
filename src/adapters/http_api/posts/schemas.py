from collections.abc import Mapping

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from adapters.http_api.rest.responses import tagged_document
from adapters.http_api.rest.schemas import PageSerializer
from core.posts.entities import MAX_COMMENT_LENGTH, MAX_CONTENT_LENGTH, MAX_TITLE_LENGTH, Comment, Post


class DraftSerializer(serializers.Serializer):
    title = serializers.CharField(max_length=MAX_TITLE_LENGTH, help_text="Unique: the address is made from it.")
    content = serializers.CharField(max_length=MAX_CONTENT_LENGTH, help_text="Markdown.")


class PostSerializer(DraftSerializer):
    id = serializers.UUIDField(read_only=True)
    slug = serializers.CharField(read_only=True, help_text="The last part of its address; stays when it is edited.")
    author = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text="user:<id>, service:<name> or system:<job>; null for whoever is not signed in.",
    )
    published = serializers.BooleanField(read_only=True)
    published_at = serializers.DateTimeField(read_only=True, allow_null=True)
    view_count = serializers.IntegerField(read_only=True, min_value=0, help_text="Follows some seconds later.")
    comment_count = serializers.IntegerField(read_only=True, min_value=0)
    version = serializers.IntegerField(read_only=True, min_value=1, help_text="Counts up at each change.")
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class PostPageSerializer(PageSerializer):
    results = PostSerializer(many=True)


class PublishedSerializer(serializers.Serializer):
    status = serializers.ChoiceField(["published"])


class CommentSerializer(serializers.Serializer):
    content = serializers.CharField(max_length=MAX_COMMENT_LENGTH)
    id = serializers.UUIDField(read_only=True)
    author = serializers.CharField(
        read_only=True, allow_null=True, help_text="user:<id> or service:<name>; null for whoever is not signed in."
    )
    created_at = serializers.DateTimeField(read_only=True)


class CommentPageSerializer(PageSerializer):
    results = CommentSerializer(many=True)


def post_document(
    request: Request, post: Post, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    response = tagged_document(request, post, post_json(request, post), status, headers)
    response["Cache-Control"] = "private, no-cache"  # the caller's own cache may keep it, and asks each time
    return response


def _author(request: Request, written: Post | Comment) -> str | None:
    """Ids of accounts are for whoever is signed in."""
    return None if request.auth is None else written.author


def post_json(request: Request, post: Post) -> dict[str, object]:
    return {
        "id": post.id,
        "title": post.title,
        "slug": post.slug,
        "author": _author(request, post),
        "content": post.content,
        "published": post.published,
        "published_at": post.published_at,
        "view_count": post.view_count,
        "comment_count": post.comment_count,
        "version": post.version,
        "created_at": post.created_at,
        "updated_at": post.updated_at,
    }


def comment_json(request: Request, comment: Comment) -> dict[str, object]:
    return {
        "id": comment.id,
        "author": _author(request, comment),
        "content": comment.content,
        "created_at": comment.created_at,
    }


DRAFTS = OpenApiParameter("drafts", bool, description="List drafts instead: your own, or all for editors.")
