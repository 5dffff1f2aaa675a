from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from core.paging import Page
from core.posts.entities import Comment, Post


class PostRepository(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def get(self, post_id: UUID) -> Post:
        """Raises `PostNotFound`."""
        ...

    def get_by_slug(self, slug: str) -> Post:
        """Raises `PostNotFound`."""
        ...

    def lock(self, post_id: UUID) -> Post:
        """The post as it is now; nobody else can lock or change it until the surrounding `Atomic` ends.

        Raises `PostNotFound`, and `TransactionRequired` outside `Atomic`.
        """
        ...

    def add(self, post: Post) -> None:
        """Raises `SlugTaken`; nothing is added then."""
        ...

    def replace(self, post: Post) -> None:
        """Stores `post` in place of what `lock` returned, but for its counts of views and comments."""
        ...

    def remove(self, post_id: UUID) -> None:
        """Removes the post with its comments."""
        ...

    def published(self, *, after: UUID | None, limit: int) -> Page[Post]:
        """Those published last first; `after` and `next` are publications."""
        ...

    def drafts(self, *, author: str | None, after: UUID | None, limit: int) -> Page[Post]:
        """Of one author, or of all. Newest first, which is by falling id."""
        ...

    def popular(self, limit: int) -> tuple[Post, ...]:
        """The published posts with the most views, most first; of equals, the newest first."""
        ...

    def add_views(self, views: Mapping[UUID, int]) -> None:
        """Adds to the counts of the posts that are still there: all of them or, when it raises, none."""
        ...


class CommentRepository(Protocol):
    def add(self, comment: Comment) -> None:
        """Counted on its post at once."""
        ...

    def get(self, post_id: UUID, comment_id: UUID) -> Comment:
        """Raises `CommentNotFound`, also for a comment on another post."""
        ...

    def remove(self, comment: Comment) -> None:
        """Counted on its post at once. One that is gone already is no error, and is not counted twice."""
        ...

    def list_for(self, post_id: UUID, *, after: UUID | None, limit: int) -> Page[Comment]:
        """Newest first, which is by falling id."""
        ...


class ViewCounter(Protocol):
    def record_view(self, post_id: UUID) -> None:
        """Somebody read the post. Costs the reader no write: the count follows some seconds later."""
        ...
