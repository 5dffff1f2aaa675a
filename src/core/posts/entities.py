from collections.abc import Callable
from datetime import datetime
from typing import TypedDict, Unpack, cast
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.errors import ErrorCollector, Forbidden, parse_fields
from core.posts.errors import AlreadyPublished, PostNotFound
from core.posts.slugs import make_slug
from core.values import parse_multi_line, parse_single_line

MAX_TITLE_LENGTH = 200
MAX_CONTENT_LENGTH = 20_000
MAX_COMMENT_LENGTH = 2_000


class Draft(TypedDict):
    """The fields of a new post."""

    title: str
    content: str


class Edits(TypedDict, total=False):
    """The fields that an edit can set."""

    title: str
    content: str


class NewComment(TypedDict):
    """The fields of a new comment."""

    content: str


def _parse_title(raw: object) -> str:
    title = parse_single_line(raw, MAX_TITLE_LENGTH)
    make_slug(title)  # a title must have a valid slug
    return title


def parse_content(raw: object) -> str:
    return parse_multi_line(raw, MAX_CONTENT_LENGTH)


def parse_comment(raw: object) -> str:
    return parse_multi_line(raw, MAX_COMMENT_LENGTH)


_PARSERS: dict[str, Callable[[object], str]] = {"title": _parse_title, "content": parse_content}
REQUIRED = tuple(_PARSERS)


@frozen(kw_only=True, repr=False)
class Post:
    """A notice of the team, a draft until it is published. `author` is the name of an actor; `content` is Markdown.

    `publication` is an id created at publication: published posts sort by it. `write` and `edited` validate values; the
    constructor does not.
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
        """Raises `ValidationError` with all errors, those in `errors` included."""
        parsed = cast("Draft", parse_fields(draft, _PARSERS, required=REQUIRED, errors=errors))
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
        """Returns the next version, or `self` if nothing differs. The slug stays the same, so that links keep working.

        Raises `ValidationError` with all errors, those in `errors` included.
        """
        after = evolve(self, **cast("Edits", parse_fields(edits, _PARSERS, errors=errors)))
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
        """Only its author and editors can see a draft. Raises `PostNotFound`."""
        if not (self.published or self.is_editable_by(actor)):
            raise PostNotFound

    def ensure_editable_by(self, actor: Actor) -> None:
        """Only the author and editors can change a post. Raises `PostNotFound` if it is hidden, else `Forbidden`."""
        self.ensure_visible_to(actor)
        if not self.is_editable_by(actor):
            raise Forbidden("You may not do this: only the author and editors can change a post.")

    def is_editable_by(self, actor: Actor) -> bool:
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
        """Raises `ValidationError` with all errors, those in `errors` included."""
        parsed = parse_fields(comment, {"content": parse_comment}, required=("content",), errors=errors)
        return cls(
            id=new_id,
            post_id=post_id,
            author=author,
            content=cast("NewComment", parsed)["content"],
            created_at=now,
        )

    def ensure_removable_by(self, actor: Actor) -> None:
        """Only its author and editors can remove a comment. Raises `Forbidden`."""
        if not self.is_removable_by(actor):
            raise Forbidden("You may not do this: only the author of a comment and editors can remove it.")

    def is_removable_by(self, actor: Actor) -> bool:
        return self.author == actor.name or actor.may(Permission.EDIT_POSTS)

    def __repr__(self) -> str:
        return f"<Comment {self.id}>"
