from collections.abc import Callable
from typing import Unpack
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import ErrorCollector, VersionMismatch
from core.ports import Atomic, Clock, IdGenerator
from core.posts.entities import Draft, Edits, Post
from core.posts.ports import PostRepository
from core.posts.services.public_posts import PublicPosts


@frozen
class WritePost:
    """Adds a draft. Its slug is derived from the title and unique, also among concurrent drafts.

    `errors` are reported together with those of the fields.
    Raises `Forbidden`, `ValidationError`, `SlugTaken`.
    """

    posts: PostRepository
    clock: Clock
    ids: IdGenerator

    def __call__(self, *, actor: Actor, errors: ErrorCollector | None = None, **draft: Unpack[Draft]) -> Post:
        actor.require(Permission.WRITE_POSTS)
        now = self.clock.now()
        post = Post.write(self.ids.new(now), now, actor.name, errors, **draft)
        self.posts.add(post)
        return post


@frozen
class EditPost:
    """Changes the given fields of a post. The slug stays the same.

    A current version other than `expected_version` raises `VersionMismatch`. `check` is called with the locked post and
    can raise to prevent the change. `errors` are reported together with those of the fields.
    Raises `Forbidden`, `ValidationError`, `PostNotFound`, `VersionMismatch`.
    """

    posts: PostRepository
    public: PublicPosts
    atomic: Atomic
    clock: Clock

    def __call__(
        self,
        *,
        actor: Actor,
        post_id: UUID,
        expected_version: int | None = None,
        check: Callable[[Post], None] = lambda _: None,
        errors: ErrorCollector | None = None,
        **edits: Unpack[Edits],
    ) -> Post:
        actor.require(Permission.WRITE_POSTS)
        now = self.clock.now()

        def edit() -> tuple[Post, Post]:
            before = _lock_for_change(self.posts, actor, post_id, expected_version, check)
            after = before.edited(now, errors, **edits)
            if after is not before:
                self.posts.replace(after)
            return before, after

        before, after = self.atomic(edit)
        if after.published and after is not before:
            self.public.invalidate()
        return after


@frozen
class PublishPost:
    """Makes a draft public immediately. Raises `Forbidden`, `PostNotFound`, `AlreadyPublished`."""

    posts: PostRepository
    public: PublicPosts
    atomic: Atomic
    clock: Clock
    ids: IdGenerator

    def __call__(self, *, actor: Actor, post_id: UUID) -> Post:
        actor.require(Permission.WRITE_POSTS)
        now = self.clock.now()

        def publish() -> Post:
            post = _lock_for_change(self.posts, actor, post_id).publish(self.ids.new(now), now)
            self.posts.replace(post)
            return post

        post = self.atomic(publish)
        self.public.invalidate()
        return post


@frozen
class DeletePost:
    """Removes a post and its comments permanently. The slug can be used again.

    `expected_version` and `check` work as in `EditPost`.

    Raises `Forbidden`, `PostNotFound`, `VersionMismatch`.
    """

    posts: PostRepository
    public: PublicPosts
    atomic: Atomic

    def __call__(
        self,
        *,
        actor: Actor,
        post_id: UUID,
        expected_version: int | None = None,
        check: Callable[[Post], None] = lambda _: None,
    ) -> None:
        actor.require(Permission.WRITE_POSTS)

        def delete() -> Post:
            post = _lock_for_change(self.posts, actor, post_id, expected_version, check)
            self.posts.remove(post.id)
            return post

        if self.atomic(delete).published:
            self.public.invalidate()


def _lock_for_change(
    posts: PostRepository,
    actor: Actor,
    post_id: UUID,
    expected_version: int | None = None,
    check: Callable[[Post], None] = lambda _: None,
) -> Post:
    """The locked post, for a change by `actor`."""
    post = posts.lock(post_id)
    post.ensure_editable_by(actor)
    check(post)
    if expected_version not in (None, post.version):
        raise VersionMismatch
    return post
