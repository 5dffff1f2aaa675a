from collections.abc import Callable
from datetime import datetime
from typing import TypedDict, Unpack, cast
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.errors import ErrorCollector, Forbidden, parse_all
from core.posts.errors import AlreadyPublished, PostNotFound
from core.posts.slugs import make_slug
from core.values import parse_multi_line, parse_single_line

MAX_TITLE_LENGTH = 200
MAX_CONTENT_LENGTH = 20_000
MAX_COMMENT_LENGTH = 2_000


class Draft(TypedDict):
    """What a post is written with."""

    title: str
    content: str


class Edits(TypedDict, total=False):
    """What may be set on a post."""

    title: str
    content: str


class NewComment(TypedDict):
    """What a comment is written with."""

    content: str


def _title(raw: object) -> str:
    title = parse_single_line(raw, MAX_TITLE_LENGTH)
    make_slug(title)  # whatever a post is called, there is an address for it
    return title


def _content(raw: object) -> str:
    return parse_multi_line(raw, MAX_CONTENT_LENGTH)


def parse_comment(raw: object) -> str:
    return parse_multi_line(raw, MAX_COMMENT_LENGTH)


_PARSERS: dict[str, Callable[[object], str]] = {"title": _title, "content": _content}
REQUIRED = tuple(_PARSERS)


@frozen(kw_only=True, repr=False)
class Post:
    """One notice of the team, a draft until it is published. `author` is the name of an actor; `content` is Markdown.

    `publication` is an id made when the post is published: posts sort by it as they were published. The constructor
    trusts its values; `write` and `edited` check them.
    """

    id: UUID
    title: str
    slug: str
    author: str
    content: str
    publication: UUID | None
    published_at: datetime | None
    view_count: int
    comment_count: int
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def write(
        cls, new_id: UUID, now: datetime, author: str, errors: ErrorCollector | None = None, /, **draft: Unpack[Draft]
    ) -> "Post":
        """`errors` are those that the input has besides. Raises `ValidationError` with every error there is."""
        parsed = cast("Draft", parse_all(draft, _PARSERS, required=REQUIRED, errors=errors))
        return cls(
            id=new_id,
            title=parsed["title"],
            slug=make_slug(parsed["title"]),
            author=author,
            content=parsed["content"],
            publication=None,
            published_at=None,
            view_count=0,
            comment_count=0,
            version=1,
            created_at=now,
            updated_at=now,
        )

    def edited(self, now: datetime, errors: ErrorCollector | None = None, /, **edits: Unpack[Edits]) -> "Post":
        """The next version, or this one where nothing differs. The slug stays, as others may have linked to it.

        `errors` are those that the input has besides. Raises `ValidationError` with every error there is.
        """
        after = evolve(self, **cast("Edits", parse_all(edits, _PARSERS, errors=errors)))
        return self if after == self else evolve(after, version=self.version + 1, updated_at=now)

    def publish(self, publication: UUID, now: datetime) -> "Post":
        """Raises `AlreadyPublished`."""
        if self.published:
            raise AlreadyPublished
        return evolve(self, publication=publication, published_at=now, version=self.version + 1, updated_at=now)

    @property
    def published(self) -> bool:
        return self.published_at is not None

    def ensure_visible_to(self, actor: Actor) -> None:
        """A draft is there for its author and for editors alone. Raises `PostNotFound` to the others."""
        if not (self.published or self._is_in_charge(actor)):
            raise PostNotFound

    def ensure_editable_by(self, actor: Actor) -> None:
        """The author and editors change a post. Raises `PostNotFound` where it may not be seen, else `Forbidden`."""
        self.ensure_visible_to(actor)
        if not self._is_in_charge(actor):
            raise Forbidden("You may not do this: only the author and editors change a post.")

    def _is_in_charge(self, actor: Actor) -> bool:
        own = self.author == actor.name and actor.may(Permission.WRITE_POSTS)
        return own or actor.may(Permission.EDIT_POSTS)

    def __repr__(self) -> str:
        return f"<Post {self.id}>"


@frozen(kw_only=True, repr=False)
class Comment:
    id: UUID
    post_id: UUID
    author: str
    content: str
    created_at: datetime

    @classmethod
    def write(
        cls,
        new_id: UUID,
        now: datetime,
        author: str,
        post_id: UUID,
        errors: ErrorCollector | None = None,
        /,
        **comment: Unpack[NewComment],
    ) -> "Comment":
        """`errors` are those that the input has besides. Raises `ValidationError` with every error there is."""
        parsed = parse_all(comment, {"content": parse_comment}, required=("content",), errors=errors)
        return cls(
            id=new_id,
            post_id=post_id,
            author=author,
            content=cast("NewComment", parsed)["content"],
            created_at=now,
        )

    def ensure_removable_by(self, actor: Actor) -> None:
        """Its author and editors remove a comment. Raises `Forbidden`."""
        if self.author != actor.name and not actor.may(Permission.EDIT_POSTS):
            raise Forbidden("You may not do this: only the author of a comment and editors remove it.")

    def __repr__(self) -> str:
        return f"<Comment {self.id}>"
