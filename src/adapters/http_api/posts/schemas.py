from collections.abc import Mapping

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from adapters.http_api.rest.responses import tagged_document
from adapters.http_api.rest.schemas import ACTOR, ACTOR_EXAMPLE, CREATED_AT, RECORD_ID, VERSION, PageSerializer
from core.posts.entities import MAX_COMMENT_LENGTH, MAX_CONTENT_LENGTH, MAX_TITLE_LENGTH, Comment, Post

_AUTHOR = f"{ACTOR} null for a caller without an access token."
DRAFTS = OpenApiParameter("drafts", bool, description="List drafts instead: the caller's own, or all for editors.")


class DraftSerializer(serializers.Serializer):
    title = serializers.CharField(
        max_length=MAX_TITLE_LENGTH, help_text="Unique: the slug is made from it.", initial="Opening hours"
    )
    content = serializers.CharField(
        max_length=MAX_CONTENT_LENGTH, help_text="The text, in Markdown.", initial="We open at **8 am**."
    )


class PostSerializer(DraftSerializer):
    id = serializers.UUIDField(read_only=True, help_text=RECORD_ID)
    slug = serializers.CharField(
        read_only=True,
        help_text="The last part of the address of the page. It does not change with the title.",
        initial="opening-hours",
    )
    author = serializers.CharField(read_only=True, allow_null=True, help_text=_AUTHOR, initial=ACTOR_EXAMPLE)
    published = serializers.BooleanField(read_only=True, help_text="false for a draft.")
    published_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="null for a draft.")
    view_count = serializers.IntegerField(
        read_only=True, min_value=0, help_text="The number of views, some seconds late."
    )
    comment_count = serializers.IntegerField(read_only=True, min_value=0, help_text="The number of comments.")
    version = serializers.IntegerField(read_only=True, min_value=1, help_text=VERSION)
    created_at = serializers.DateTimeField(read_only=True, help_text=CREATED_AT)
    updated_at = serializers.DateTimeField(read_only=True, help_text="When the post was last changed.")


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


def post_document(
    request: Request, post: Post, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    response = tagged_document(request, post, post_json(request, post), status, headers)
    response["Cache-Control"] = "private, no-cache"  # the caller's own cache may keep it, and asks each time
    return response


class PostPageSerializer(PageSerializer):
    results = PostSerializer(many=True, help_text="The posts on this page.")


class PublishedSerializer(serializers.Serializer):
    status = serializers.ChoiceField(["published"], help_text="The new status.")


class CommentSerializer(serializers.Serializer):
    content = serializers.CharField(max_length=MAX_COMMENT_LENGTH, help_text="Plain text.", initial="Thank you.")
    id = serializers.UUIDField(read_only=True, help_text=RECORD_ID)
    author = serializers.CharField(read_only=True, allow_null=True, help_text=_AUTHOR, initial=ACTOR_EXAMPLE)
    created_at = serializers.DateTimeField(read_only=True, help_text=CREATED_AT)


def comment_json(request: Request, comment: Comment) -> dict[str, object]:
    return {
        "id": comment.id,
        "author": _author(request, comment),
        "content": comment.content,
        "created_at": comment.created_at,
    }


class CommentPageSerializer(PageSerializer):
    results = CommentSerializer(many=True, help_text="The comments on this page.")


def _author(request: Request, written: Post | Comment) -> str | None:
    """Ids of accounts are only for callers with an account."""
    return None if request.auth is None else written.author
