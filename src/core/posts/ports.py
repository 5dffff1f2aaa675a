from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from core.paging import Page
from core.posts.entities import Comment, Post


class PostRepository(Protocol):
    """Every method raises `Unavailable` when the store does not respond."""

    def get(self, post_id: UUID) -> Post:
        """Raises `PostNotFound`."""
        ...

    def get_by_slug(self, slug: str) -> Post:
        """Raises `PostNotFound`."""
        ...

    def lock(self, post_id: UUID) -> Post:
        """Reads the post and locks its row until the surrounding `Atomic` ends.

        Raises `PostNotFound`, and `TransactionRequired` outside `Atomic`.
        """
        ...

    def add(self, post: Post) -> None:
        """Raises `SlugTaken`; nothing is added then."""
        ...

    def replace(self, post: Post) -> None:
        """Replaces the post that `lock` returned, except its view and comment counts."""
        ...

    def remove(self, post_id: UUID) -> None:
        """Removes the post with its comments."""
        ...

    def published(self, *, after: UUID | None, limit: int) -> Page[Post]:
        """Latest publication first. `after` and `next` are publication ids."""
        ...

    def drafts(self, *, author: str | None, after: UUID | None, limit: int) -> Page[Post]:
        """Of one author, or of all if `author` is None. Newest first (descending id)."""
        ...

    def popular(self, limit: int) -> tuple[Post, ...]:
        """The published posts with the most views first; posts with equal counts newest first."""
        ...

    def add_views(self, views: Mapping[UUID, int]) -> None:
        """Adds to the view counts in one transaction. Skips posts that no longer exist."""
        ...


class CommentRepository(Protocol):
    def add(self, comment: Comment) -> None:
        """Updates the comment count of the post too."""
        ...

    def get(self, post_id: UUID, comment_id: UUID) -> Comment:
        """Raises `CommentNotFound`, also for a comment on another post."""
        ...

    def remove(self, comment: Comment) -> None:
        """Updates the comment count of the post too. Idempotent."""
        ...

    def list_for(self, post_id: UUID, *, after: UUID | None, limit: int) -> Page[Comment]:
        """Newest first (descending id)."""
        ...


class ViewCounter(Protocol):
    def record_view(self, post_id: UUID) -> None:
        """Does not wait for a write: the count can be updated some seconds later."""
        ...
