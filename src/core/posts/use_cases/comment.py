from typing import Unpack
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import ErrorCollector, parse_field
from core.paging import Page
from core.ports import Atomic, Clock, IdGenerator
from core.posts.entities import Comment, NewComment
from core.posts.errors import PostNotPublished
from core.posts.ports import CommentRepository, PostRepository
from core.values import DEFAULT_PER_PAGE, parse_page_limit


@frozen
class AddComment:
    """Comments on a published post.

    `errors` are reported together with those of the fields.
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
        new_comment = Comment.write(self.ids.new(now), now, actor.name, post_id, errors, **comment)

        def add() -> None:
            post = self.posts.lock(post_id)
            post.ensure_visible_to(actor)
            if not post.published:
                raise PostNotPublished
            self.comments.add(new_comment)

        self.atomic(add)
        return new_comment


@frozen
class ListComments:
    """The comments of a post, newest first. Raises `Forbidden`, `ValidationError`, `PostNotFound`."""

    posts: PostRepository
    comments: CommentRepository

    def __call__(
        self, *, actor: Actor, post_id: UUID, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE
    ) -> Page[Comment]:
        actor.require(Permission.VIEW_POSTS)
        parse_field("limit", parse_page_limit, limit)
        self.posts.get(post_id).ensure_visible_to(actor)
        return self.comments.list_for(post_id, after=after, limit=limit)


@frozen
class RemoveComment:
    """Removes the actor's own comment, or any comment for an editor.

    Raises `Forbidden`, `PostNotFound`, `CommentNotFound`.
    """

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
