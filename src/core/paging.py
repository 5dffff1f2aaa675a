"""Pages of lists, which go on after an id, so that the last page costs what the first does."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from attrs import frozen

T = TypeVar("T")


@frozen
class Page(Generic[T]):
    """`next` is the id to go on after, or None at the end."""

    items: tuple[T, ...]
    next: UUID | None


def cut(found: Sequence[T], limit: int, key: Callable[[T], UUID | None]) -> Page[T]:
    """The first `limit` of what was found. There is a next page if more was found than that."""
    items = tuple(found[:limit])
    return Page(items, key(items[-1]) if len(found) > limit else None)
