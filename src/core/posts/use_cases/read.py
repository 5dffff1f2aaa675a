from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import parse_field
from core.paging import Page
from core.posts.entities import Post
from core.posts.errors import PostNotFound
from core.posts.ports import PostRepository, ViewCounter
from core.posts.services.public_posts import PublicPosts
from core.values import DEFAULT_PER_PAGE, parse_page_limit


@frozen
class ListPosts:
    """The published posts, latest publication first. The first page with the default limit is cached for 15 minutes or
    until a published post changes.

    Raises `Forbidden`, `ValidationError`.
    """

    posts: PostRepository
    public: PublicPosts

    def __call__(self, *, actor: Actor, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE) -> Page[Post]:
        actor.require(Permission.VIEW_POSTS)
        parse_field("limit", parse_page_limit, limit)
        if after is None and limit == DEFAULT_PER_PAGE:
            return self.public.newest()
        return self.posts.published(after=after, limit=limit)


@frozen
class PopularPosts:
    """The ten published posts with the most views, cached for an hour. Raises `Forbidden`."""

    public: PublicPosts

    def __call__(self, *, actor: Actor) -> Page[Post]:
        actor.require(Permission.VIEW_POSTS)
        return self.public.popular()


@frozen
class ListDrafts:
    """The drafts that the actor may see: the actor's own, or all for an editor. Newest first.

    Raises `Forbidden`, `ValidationError`.
    """

    posts: PostRepository

    def __call__(self, *, actor: Actor, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE) -> Page[Post]:
        actor.require(Permission.WRITE_POSTS)
        parse_field("limit", parse_page_limit, limit)
        author = None if actor.may(Permission.EDIT_POSTS) else actor.name
        return self.posts.drafts(author=author, after=after, limit=limit)


@frozen
class ViewPost:
    """A post by id. Counts a view of a published post if `counts_as_view`.

    Raises `Forbidden`, `PostNotFound`.
    """

    posts: PostRepository
    views: ViewCounter

    def __call__(self, *, actor: Actor, post_id: UUID, counts_as_view: bool = True) -> Post:
        actor.require(Permission.VIEW_POSTS)
        post = self.posts.get(post_id)
        post.ensure_visible_to(actor)
        if post.published and counts_as_view:
            self.views.record_view(post.id)
        return post


@frozen
class ReadPost:
    """A published post by slug. Counts a view if `counts_as_view`.

    Raises `Forbidden`, `PostNotFound`.
    """

    posts: PostRepository
    views: ViewCounter

    def __call__(self, *, actor: Actor, slug: str, counts_as_view: bool = True) -> Post:
        actor.require(Permission.VIEW_POSTS)
        post = self.posts.get_by_slug(slug)
        if not post.published:
            raise PostNotFound
        if counts_as_view:
            self.views.record_view(post.id)
        return post
