from datetime import timedelta

from attrs import frozen

from core.paging import Page
from core.ports import Cache
from core.posts.entities import Post
from core.posts.ports import PostRepository
from core.values import DEFAULT_PER_PAGE

MAX_POPULAR = 10
_NEWEST, _POPULAR = "posts-newest", "posts-popular"


@frozen
class PublicPosts:
    """Cached pages of published posts. View and comment counts can be as old as the page."""

    posts: PostRepository
    cache: Cache

    def newest(self) -> Page[Post]:
        """The first page, at most 15 minutes old."""
        return self.cache.get(
            _NEWEST,
            Page[Post],
            timedelta(minutes=15),
            lambda: self.posts.published(after=None, limit=DEFAULT_PER_PAGE),
        )

    def popular(self) -> Page[Post]:
        """At most an hour old."""
        return self.cache.get(
            _POPULAR, Page[Post], timedelta(hours=1), lambda: Page(self.posts.popular(MAX_POPULAR), None)
        )

    def invalidate(self) -> None:
        """Call it after a change of a published post."""
        self.cache.delete(_NEWEST, _POPULAR)
