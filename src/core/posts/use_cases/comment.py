from typing import Unpack
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import ErrorCollector, parse_one
from core.paging import Page
from core.ports import Atomic, Clock, IdGenerator
from core.posts.entities import Comment, NewComment
from core.posts.errors import PostNotPublished
from core.posts.ports import CommentRepository, PostRepository
from core.values import DEFAULT_PER_PAGE, parse_page_limit


@frozen
class AddComment:
    """Comments on a published post.

    `errors` found in the input already are raised with those of its values.
    Raises `Forbidden`, `ValidationError`, `PostNotFound`, `PostNotPublished`.
    """

    posts: PostRepository
    comments: CommentRepository
    atomic: Atomic
    clock: Clock
    ids: IdGenerator

    def __call__(
        self, *, actor: Actor, post_id: UUID, errors: ErrorCollector | None = None, **comment: Unpack[NewComment]
    ) -> Comment:
        actor.require(Permission.COMMENT_POSTS)
        now = self.clock.now()
        written = Comment.write(self.ids.new(now), now, actor.name, post_id, errors, **comment)

        def add() -> None:
            post = self.posts.lock(post_id)
            post.ensure_visible_to(actor)
            if not post.published:
                raise PostNotPublished
            self.comments.add(written)

        self.atomic(add)
        return written


@frozen
class ListComments:
    """Of a post that the actor may see, newest first. Raises `Forbidden`, `ValidationError`, `PostNotFound`."""

    posts: PostRepository
    comments: CommentRepository

    def __call__(
        self, *, actor: Actor, post_id: UUID, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE
    ) -> Page[Comment]:
        actor.require(Permission.VIEW_POSTS)
        parse_one("limit", parse_page_limit, limit)
        self.posts.get(post_id).ensure_visible_to(actor)
        return self.comments.list_for(post_id, after=after, limit=limit)


@frozen
class RemoveComment:
    """Takes a comment back, or for an editor anybody's away. Raises `Forbidden`, `PostNotFound`, `CommentNotFound`."""

    posts: PostRepository
    comments: CommentRepository
    atomic: Atomic

    def __call__(self, *, actor: Actor, post_id: UUID, comment_id: UUID) -> None:
        actor.require(Permission.COMMENT_POSTS)

        def remove() -> None:
            self.posts.lock(post_id).ensure_visible_to(actor)
            comment = self.comments.get(post_id, comment_id)
            comment.ensure_removable_by(actor)
            self.comments.remove(comment)

        self.atomic(remove)
