"""Every suite here runs over every adapter: in memory, and Django on SQLite and on PostgreSQL."""

from collections.abc import Callable

import pytest
from hypothesis import settings

from bootstrap import Configuration, Container, in_memory_registry, registry_on_django
from tests.databases import empty
from tests.fakes import ScriptedGateway, StillClock, equip

CONFIGURATION = Configuration(secret_keys=("k" * 50,))
SQLITE = pytest.param("default", marks=pytest.mark.django_db(transaction=True, databases=["default"]), id="sqlite")
POSTGRES = pytest.param(
    "postgres", marks=pytest.mark.django_db(transaction=True, databases=["postgres"]), id="postgres"
)
MEMORY = pytest.param("", id="memory")

some = settings(max_examples=settings().max_examples * 2 // 5)  # on each adapter

Fresh = Callable[[], Container]


@pytest.fixture(params=[MEMORY, SQLITE, POSTGRES])
def database(request: pytest.FixtureRequest) -> str:
    """The name of a database, empty for the registry in memory. Suites for Django alone set parameters of their own."""
    return request.param


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def gateway() -> ScriptedGateway:
    return ScriptedGateway()


@pytest.fixture
def registry(database: str, clock: StillClock, gateway: ScriptedGateway) -> Container:
    """Empty."""
    return equip(open_registry(database), clock, gateway)


@pytest.fixture
def fresh(database: str, clock: StillClock, gateway: ScriptedGateway) -> Fresh:
    """Gives an empty registry for each of hypothesis's examples."""
    return lambda: equip(open_registry(database, emptied=True), clock, gateway)


def open_registry(database: str, *, emptied: bool = False) -> Container:
    if not database:
        return in_memory_registry(CONFIGURATION)
    if emptied:
        empty(database)
    return registry_on_django(CONFIGURATION, database)
