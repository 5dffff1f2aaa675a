"""The calls that are compared, and the ratios aimed at."""

from collections.abc import Callable, Iterator, Mapping
from itertools import count, cycle
from secrets import token_hex
from typing import Any

from attrs import frozen

from benchmarks.peers.process import REGISTRY, Call

READERS = (REGISTRY, "drf", "ninja", "fastapi", "floor")
WRITERS = (REGISTRY, "drf", "ninja", "fastapi")
PAGE = 100


@frozen
class Table:
    """`last` is the patient before the page in the middle, `cursor` the registry's cursor of that page."""

    patients: int
    last: str
    cursor: str
    ids: list[str]


@frozen
class Case:
    name: str
    calls: Callable[[str, Table], Iterator[Call]]
    """Of a peer, without end."""
    each_turn: int
    peers: tuple[str, ...] = READERS
    targets: Mapping[str, float] = {}
    max_p99: float | None = None


def patients(peer: str) -> str:
    return "/api/v1/patients/" if peer == REGISTRY else "/patients/"


def one(peer: str, table: Table) -> Iterator[Call]:
    return cycle([("GET", f"{patients(peer)}{patient_id}/", None) for patient_id in table.ids])


def first(peer: str, _table: Table) -> Iterator[Call]:
    return page(peer, "limit=100" if peer == REGISTRY else "")


def deep(peer: str, table: Table) -> Iterator[Call]:
    ours, theirs = f"limit=100&cursor={table.cursor}", f"page={table.patients // 2 // PAGE + 1}"
    return page(peer, {REGISTRY: ours, "floor": f"after={table.last}"}.get(peer, theirs))


def filtered(peer: str, _table: Table) -> Iterator[Call]:
    return page(peer, "limit=100&sex=female" if peer == REGISTRY else "sex=female")


def page(peer: str, query: str) -> Iterator[Call]:
    return cycle([("GET", f"{patients(peer)}?{query}", None)])


def register(peer: str, _table: Table) -> Iterator[Call]:
    for number in count():
        unique = token_hex(6)
        yield "POST", patients(peer), {
            "first_name": f"New{unique}",
            "last_name": f"Person{number}",
            "email": f"{unique}@bench.example",
            "date_of_birth": f"{1930 + number % 80}-01-{1 + number % 28:02}",
        }


def update(peer: str, table: Table) -> Iterator[Call]:
    for number, patient_id in enumerate(cycle(table.ids)):
        yield "PATCH", f"{patients(peer)}{patient_id}/", {"last_name": f"Changed{number}{token_hex(2)}"}


def search(**found: Any) -> Callable[[str, Table], Iterator[Call]]:
    return lambda peer, _table: cycle([("POST", f"{patients(peer)}search/", {"limit": PAGE, **found})])


ALONE, MAX_SEARCH = (REGISTRY,), 30.0
CASES = (
    Case("one patient", one, 40, targets={"drf": 0.2, "ninja": 0.7, "floor": 3.5}),
    Case("first page of 100", first, 6, targets={"drf": 0.03, "ninja": 0.35, "floor": 3}),
    Case("page in the middle", deep, 6, targets={"drf": 0.03, "ninja": 0.35, "floor": 3}),
    Case("filtered page", filtered, 6, targets={"drf": 0.03, "ninja": 0.35, "floor": 3}),
    Case("register", register, 10, WRITERS, targets={"drf": 1}),
    Case("update with If-Match", update, 10, WRITERS, targets={"drf": 1}),
    Case("search: common words", search(q="first1 last1"), 10, ALONE, max_p99=MAX_SEARCH),
    Case("search: phone", search(phone="+16502531234"), 10, ALONE, max_p99=MAX_SEARCH),
    Case("search: part of a number", search(q="2531234"), 10, ALONE, max_p99=MAX_SEARCH),
    Case("search: birth date", search(date_of_birth="1985-12-10"), 10, ALONE, max_p99=MAX_SEARCH),
    Case("search: email", search(email="patient77@bench.example"), 10, ALONE, max_p99=MAX_SEARCH),
)
