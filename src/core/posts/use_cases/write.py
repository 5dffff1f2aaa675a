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
    """Adds a draft. Its slug is made from its title and belongs to it alone, however many are written at once.

    `errors` found in the input already are raised with those of its values.
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
    """Changes a post; what is not given stays, and so does the slug.

    With `expected_version`, the change is refused when the post has moved on since. `check` is called with the locked
    post, and refuses the change by raising. `errors` found in the input already are raised with those of its
    values.
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
            before = _locked(self.posts, actor, post_id, expected_version, check)
            after = before.edited(now, errors, **edits)
            if after is not before:
                self.posts.replace(after)
            return before, after

        before, after = self.atomic(edit)
        if after.published and after is not before:
            self.public.changed()
        return after


@frozen
class PublishPost:
    """Shows a draft to everybody, at once. Raises `Forbidden`, `PostNotFound`, `AlreadyPublished`."""

    posts: PostRepository
    public: PublicPosts
    atomic: Atomic
    clock: Clock
    ids: IdGenerator

    def __call__(self, *, actor: Actor, post_id: UUID) -> Post:
        actor.require(Permission.WRITE_POSTS)
        now = self.clock.now()

        def publish() -> Post:
            post = _locked(self.posts, actor, post_id).publish(self.ids.new(now), now)
            self.posts.replace(post)
            return post

        post = self.atomic(publish)
        self.public.changed()
        return post


@frozen
class DeletePost:
    """Removes a post with its comments, for good; its slug is free again. `expected_version` and `check` refuse it as
    they refuse a change.

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
            post = _locked(self.posts, actor, post_id, expected_version, check)
            self.posts.remove(post.id)
            return post

        if self.atomic(delete).published:
            self.public.changed()


def _locked(
    posts: PostRepository,
    actor: Actor,
    post_id: UUID,
    expected_version: int | None = None,
    check: Callable[[Post], None] = lambda _: None,
) -> Post:
    """To be changed by `actor`."""
    post = posts.lock(post_id)
    post.ensure_editable_by(actor)
    check(post)
    if expected_version not in (None, post.version):
        raise VersionMismatch
    return post
