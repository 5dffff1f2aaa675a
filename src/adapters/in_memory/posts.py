from collections.abc import Mapping
from uuid import UUID

from attrs import evolve, frozen

from adapters.in_memory.paging import newest_first
from adapters.in_memory.store import Store
from core.paging import Page, make_page
from core.posts.entities import Comment, Post
from core.posts.errors import CommentNotFound, PostNotFound, SlugTaken
from core.posts.ports import CommentRepository, PostRepository, ViewCounter


@frozen
class InMemoryPostRepository(PostRepository):
    store: Store

    def get(self, post_id: UUID) -> Post:
        with self.store.lock:
            try:
                return self.store.posts[post_id]
            except KeyError:
                raise PostNotFound from None

    def get_by_slug(self, slug: str) -> Post:
        with self.store.lock:
            found = next((post for post in self.store.posts.values() if post.slug == slug), None)
        if found is None:
            raise PostNotFound
        return found

    def lock(self, post_id: UUID) -> Post:
        self.store.require_atomic()
        return self.get(post_id)

    def add(self, post: Post) -> None:
        with self.store.lock:
            if any(other.slug == post.slug for other in self.store.posts.values()):
                raise SlugTaken
            self.store.posts[post.id] = post

    def replace(self, post: Post) -> None:
        with self.store.lock:
            was = self.store.posts[post.id]
            self.store.posts[post.id] = evolve(post, view_count=was.view_count, comment_count=was.comment_count)

    def remove(self, post_id: UUID) -> None:
        with self.store.lock:
            self.store.posts.pop(post_id, None)
            self.store.comments = {key: one for key, one in self.store.comments.items() if one.post_id != post_id}

    def published(self, *, after: UUID | None, limit: int) -> Page[Post]:
        with self.store.lock:
            found = {post.publication: post for post in self.store.posts.values() if post.publication is not None}
        rest = sorted((key for key in found if after is None or key < after), reverse=True)
        return make_page([found[key] for key in rest], limit, lambda post: post.publication)

    def drafts(self, *, author: str | None, after: UUID | None, limit: int) -> Page[Post]:
        with self.store.lock:
            found = [post for post in self.store.posts.values() if not post.published and author in (None, post.author)]
        return newest_first(found, after, limit)

    def popular(self, limit: int) -> tuple[Post, ...]:
        with self.store.lock:
            found = [post for post in self.store.posts.values() if post.published]
        return tuple(sorted(found, key=lambda post: (post.view_count, post.id), reverse=True)[:limit])

    def add_views(self, views: Mapping[UUID, int]) -> None:
        with self.store.lock:
            for post_id, count in views.items():
                if post := self.store.posts.get(post_id):
                    self.store.posts[post_id] = evolve(post, view_count=post.view_count + count)


@frozen
class InMemoryCommentRepository(CommentRepository):
    store: Store

    def add(self, comment: Comment) -> None:
        with self.store.lock:
            self.store.comments[comment.id] = comment
            self._count(comment.post_id, 1)

    def get(self, post_id: UUID, comment_id: UUID) -> Comment:
        with self.store.lock:
            comment = self.store.comments.get(comment_id)
        if comment is None or comment.post_id != post_id:
            raise CommentNotFound
        return comment

    def remove(self, comment: Comment) -> None:
        with self.store.lock:
            if self.store.comments.pop(comment.id, None):
                self._count(comment.post_id, -1)

    def list_for(self, post_id: UUID, *, after: UUID | None, limit: int) -> Page[Comment]:
        with self.store.lock:
            found = [one for one in self.store.comments.values() if one.post_id == post_id]
        return newest_first(found, after, limit)

    def _count(self, post_id: UUID, change: int) -> None:
        post = self.store.posts[post_id]
        self.store.posts[post_id] = evolve(post, comment_count=post.comment_count + change)


@frozen
class InMemoryViewCounter(ViewCounter):
    """Writes immediately: buffering saves nothing in memory."""

    posts: PostRepository

    def record_view(self, post_id: UUID) -> None:
        self.posts.add_views({post_id: 1})
