from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import parse_one
from core.paging import Page
from core.posts.entities import Post
from core.posts.errors import PostNotFound
from core.posts.ports import PostRepository, ViewCounter
from core.posts.services.public_posts import PublicPosts
from core.values import DEFAULT_PER_PAGE, parse_page_limit


@frozen
class ListPosts:
    """The published posts, those published last first. The first page of the usual length is at most 15 minutes old,
    and never older than the last post published, edited or deleted.

    Raises `Forbidden`, `ValidationError`.
    """

    posts: PostRepository
    public: PublicPosts

    def __call__(self, *, actor: Actor, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE) -> Page[Post]:
        actor.require(Permission.VIEW_POSTS)
        parse_one("limit", parse_page_limit, limit)
        if after is None and limit == DEFAULT_PER_PAGE:
            return self.public.newest()
        return self.posts.published(after=after, limit=limit)


@frozen
class PopularPosts:
    """The ten published posts with the most views, counted at most an hour ago. Raises `Forbidden`."""

    public: PublicPosts

    def __call__(self, *, actor: Actor) -> Page[Post]:
        actor.require(Permission.VIEW_POSTS)
        return self.public.popular()


@frozen
class ListDrafts:
    """The drafts that the actor may see: one's own, or for editors all of them. Newest first.

    Raises `Forbidden`, `ValidationError`.
    """

    posts: PostRepository

    def __call__(self, *, actor: Actor, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE) -> Page[Post]:
        actor.require(Permission.WRITE_POSTS)
        parse_one("limit", parse_page_limit, limit)
        author = None if actor.may(Permission.EDIT_POSTS) else actor.name
        return self.posts.drafts(author=author, after=after, limit=limit)


@frozen
class ViewPost:
    """One post, by id. Reading a published one counts as a view, unless it is `only_looked_up`.

    Raises `Forbidden`, `PostNotFound`.
    """

    posts: PostRepository
    views: ViewCounter

    def __call__(self, *, actor: Actor, post_id: UUID, only_looked_up: bool = False) -> Post:
        actor.require(Permission.VIEW_POSTS)
        post = self.posts.get(post_id)
        post.ensure_visible_to(actor)
        if post.published and not only_looked_up:
            self.views.record_view(post.id)
        return post


@frozen
class ReadPost:
    """One published post, by the slug in its address. Counts as a view, unless it is `only_looked_up`.

    Raises `Forbidden`, `PostNotFound`.
    """

    posts: PostRepository
    views: ViewCounter

    def __call__(self, *, actor: Actor, slug: str, only_looked_up: bool = False) -> Post:
        actor.require(Permission.VIEW_POSTS)
        post = self.posts.get_by_slug(slug)
        if not post.published:
            raise PostNotFound
        if not only_looked_up:
            self.views.record_view(post.id)
        return post
