from uuid import UUID

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.db.models.functions import Length

from core.posts.entities import MAX_COMMENT_LENGTH, MAX_CONTENT_LENGTH, MAX_TITLE_LENGTH
from core.posts.slugs import MAX_SLUG_LENGTH

models.CharField.register_lookup(Length)
models.TextField.register_lookup(Length)


def _length(field: str, limit: int) -> CheckConstraint:
    condition = Q((f"{field}__length__gte", 1), (f"{field}__length__lte", limit))
    return CheckConstraint(condition=condition, name=f"%(app_label)s_%(class)s_{field}_length")


_PUBLISHED = Q(publication__isnull=False)
_DRAFT = Q(publication=None)


class Post(models.Model):
    id = models.UUIDField(primary_key=True, editable=False)
    title = models.CharField(max_length=MAX_TITLE_LENGTH)
    slug = models.CharField(max_length=MAX_SLUG_LENGTH)
    author = models.TextField()
    content = models.TextField()
    publication = models.UUIDField(null=True)
    published_at = models.DateTimeField(null=True)
    view_count = models.PositiveBigIntegerField()
    comment_count = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["slug"], name="posts_slug_unique"),
            UniqueConstraint(fields=["publication"], name="posts_publication_unique", condition=_PUBLISHED),
            CheckConstraint(
                condition=Q(publication=None, published_at=None)
                | Q(publication__isnull=False, published_at__isnull=False),
                name="posts_published_whole",
            ),
            CheckConstraint(condition=Q(version__gte=1), name="posts_version_counts_from_one"),
            _length("title", MAX_TITLE_LENGTH),
            _length("slug", MAX_SLUG_LENGTH),
            _length("content", MAX_CONTENT_LENGTH),
        ]
        indexes = [
            Index(fields=["-view_count", "-id"], name="posts_by_views", condition=_PUBLISHED),
            Index(fields=["-id"], name="posts_drafts", condition=_DRAFT),
            Index(fields=["author", "-id"], name="posts_drafts_by_author", condition=_DRAFT),
        ]

    def __str__(self) -> str:
        return self.slug


class Comment(models.Model):
    id = models.UUIDField(primary_key=True, editable=False)
    post_id: UUID
    post = models.ForeignKey(Post, models.CASCADE, related_name="comments", db_index=False)
    author = models.TextField()
    content = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [_length("content", MAX_COMMENT_LENGTH)]
        indexes = [Index(fields=["post", "-id"], name="posts_comments_of_post")]

    def __str__(self) -> str:
        return str(self.id)
