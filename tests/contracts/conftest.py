"""Every suite here runs over every adapter: in memory, and Django on SQLite and on PostgreSQL."""

from collections.abc import Callable
from importlib import import_module

import pytest
from attrs import evolve
from hypothesis import settings

from bootstrap import Configuration, Container, in_memory_registry, registry_on_django
from core.matching.scoring import Thresholds
from tests.databases import empty
from tests.fakes import ScriptedGateway, StillClock, equip

# nobody is a certain duplicate, because many tests register people of one name
CONFIGURATION = Configuration(secret_keys=("k" * 50,), match_thresholds=Thresholds(certain=2))
SQLITE = pytest.param("default", marks=pytest.mark.django_db(transaction=True, databases=["default"]), id="sqlite")
POSTGRES = pytest.param(
    "postgres", marks=pytest.mark.django_db(transaction=True, databases=["postgres"]), id="postgres"
)
MEMORY = pytest.param("", id="memory")

some = settings(max_examples=settings().max_examples * 2 // 5)  # on each adapter

Fresh = Callable[[], Container]


def own_registry(config: pytest.Config) -> Container | None:
    """What the function that `--registry` names returns, if it names one."""
    if not (name := config.getoption("--registry")):
        return None
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--registry`, selects the contract tests of the ports that the registry overrides."""
    if (own := own_registry(config)) is None:
        return
    overridden = {name for name, provider in own.providers.items() if provider.overridden}
    selected = [item for item in items if _needs(item) <= overridden and not _database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in selected])
    items[:] = selected


def _needs(item: pytest.Item) -> set[str]:
    ports = item.get_closest_marker("ports")
    return set(ports.args) if ports else {"not the contract of a port"}


def _database(item: pytest.Item) -> object:
    return item.callspec.params.get("database") if isinstance(item, pytest.Function) else None


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
def registry(database: str, clock: StillClock, gateway: ScriptedGateway, pytestconfig: pytest.Config) -> Container:
    """Empty."""
    return equip(own_registry(pytestconfig) or open_registry(database), clock, gateway)


@pytest.fixture
def fresh(database: str, clock: StillClock, gateway: ScriptedGateway, pytestconfig: pytest.Config) -> Fresh:
    """Gives an empty registry for each of hypothesis's examples."""
    return lambda: equip(own_registry(pytestconfig) or open_registry(database, emptied=True), clock, gateway)


def open_registry(database: str, *, emptied: bool = False, configuration: Configuration = CONFIGURATION) -> Container:
    if not database:
        return in_memory_registry(configuration)
    if emptied:
        empty(database)
    return registry_on_django(evolve(configuration, access_log_delay=0), database)
