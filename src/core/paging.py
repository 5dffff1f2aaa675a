"""Keyset pagination: each page starts after an id, so the last page costs the same as the first."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from attrs import frozen

T = TypeVar("T")


@frozen
class Page(Generic[T]):
    """`next` is the id that the next page starts after, or None on the last page."""

    items: tuple[T, ...]
    next: UUID | None


def make_page(rows: Sequence[T], limit: int, key: Callable[[T], UUID | None]) -> Page[T]:
    """The first `limit` rows. There is a next page if `rows` has more."""
    items = tuple(rows[:limit])
    return Page(items, key(items[-1]) if len(rows) > limit else None)
