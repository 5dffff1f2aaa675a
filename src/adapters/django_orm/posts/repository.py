from collections.abc import Mapping
from uuid import UUID

from attrs import asdict, fields, frozen
from django.db import transaction
from django.db.models import F, QuerySet

from adapters.django_orm.db.atomic import require_atomic
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.posts import models
from core.paging import Page, make_page
from core.posts.entities import Comment, Post
from core.posts.errors import CommentNotFound, PostNotFound
from core.posts.ports import CommentRepository, PostRepository

_COLUMNS = tuple(field.name for field in fields(Post))
_COMMENT_COLUMNS = tuple(field.name for field in fields(Comment))
_COUNTS = ("view_count", "comment_count")


@frozen
class DjangoPostRepository(PostRepository):
    database: str = "default"

    @core_errors()
    def get(self, post_id: UUID) -> Post:
        return _first(self._rows.filter(id=post_id))

    @core_errors()
    def get_by_slug(self, slug: str) -> Post:
        return _first(self._rows.filter(slug=slug))

    @core_errors()
    def lock(self, post_id: UUID) -> Post:
        require_atomic(self.database)
        return _first(self._rows.filter(id=post_id).select_for_update())

    @core_errors()
    def add(self, post: Post) -> None:
        with transaction.atomic(using=self.database):
            self._rows.create(**asdict(post))

    @core_errors()
    def replace(self, post: Post) -> None:
        columns = {name: value for name, value in asdict(post).items() if name not in _COUNTS}
        self._rows.filter(id=post.id).update(**columns)

    @core_errors()
    def remove(self, post_id: UUID) -> None:
        self._rows.filter(id=post_id).delete()

    @core_errors()
    def published(self, *, after: UUID | None, limit: int) -> Page[Post]:
        rows = self._rows.filter(publication__isnull=False).order_by("-publication")
        if after is not None:
            rows = rows.filter(publication__lt=after)
        found = _posts(rows[: limit + 1])
        return make_page(found, limit, lambda post: post.publication)

    @core_errors()
    def drafts(self, *, author: str | None, after: UUID | None, limit: int) -> Page[Post]:
        rows = self._rows.filter(publication=None).order_by("-id")
        if author is not None:
            rows = rows.filter(author=author)
        if after is not None:
            rows = rows.filter(id__lt=after)
        found = _posts(rows[: limit + 1])
        return make_page(found, limit, lambda post: post.id)

    @core_errors()
    def popular(self, limit: int) -> tuple[Post, ...]:
        return _posts(self._rows.filter(publication__isnull=False).order_by("-view_count", "-id")[:limit])

    @core_errors()
    def add_views(self, views: Mapping[UUID, int]) -> None:
        with transaction.atomic(using=self.database):
            for post_id in sorted(views):  # a fixed order prevents deadlocks
                self._rows.filter(id=post_id).update(view_count=F("view_count") + views[post_id])

    @property
    def _rows(self) -> QuerySet[models.Post]:
        return models.Post.objects.using(self.database)


def _posts(rows: QuerySet[models.Post]) -> tuple[Post, ...]:
    return tuple(Post(**row) for row in rows.values(*_COLUMNS))


def _first(rows: QuerySet[models.Post]) -> Post:
    row = rows.values(*_COLUMNS).first()
    if row is None:
        raise PostNotFound
    return Post(**row)


@frozen
class DjangoCommentRepository(CommentRepository):
    database: str = "default"

    @core_errors()
    def add(self, comment: Comment) -> None:
        with transaction.atomic(using=self.database):
            self._rows.create(**asdict(comment))
            self._add_to_comment_count(comment.post_id, 1)

    @core_errors()
    def get(self, post_id: UUID, comment_id: UUID) -> Comment:
        row = self._rows.filter(id=comment_id, post_id=post_id).values(*_COMMENT_COLUMNS).first()
        if row is None:
            raise CommentNotFound
        return Comment(**row)

    @core_errors()
    def remove(self, comment: Comment) -> None:
        with transaction.atomic(using=self.database):
            removed, _ = self._rows.filter(id=comment.id).delete()
            self._add_to_comment_count(comment.post_id, -removed)

    @core_errors()
    def list_for(self, post_id: UUID, *, after: UUID | None, limit: int) -> Page[Comment]:
        rows = self._rows.filter(post_id=post_id).order_by("-id")
        if after is not None:
            rows = rows.filter(id__lt=after)
        found = [Comment(**row) for row in rows.values(*_COMMENT_COLUMNS)[: limit + 1]]
        return make_page(found, limit, lambda comment: comment.id)

    @property
    def _rows(self) -> QuerySet[models.Comment]:
        return models.Comment.objects.using(self.database)

    def _add_to_comment_count(self, post_id: UUID, change: int) -> None:
        posts = models.Post.objects.using(self.database).filter(id=post_id)
        posts.update(comment_count=F("comment_count") + change)
