from collections.abc import Iterable
from typing import Protocol, TypeVar
from uuid import UUID

from core.paging import Page, make_page


class Identified(Protocol):
    @property
    def id(self) -> UUID: ...


T = TypeVar("T", bound=Identified)


def newest_first(found: Iterable[T], after: UUID | None, limit: int) -> Page[T]:
    """Descending id."""
    rest = sorted((one for one in found if after is None or one.id < after), key=lambda one: one.id, reverse=True)
    return make_page(rest, limit, lambda one: one.id)
