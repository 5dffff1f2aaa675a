import pytest

from bootstrap import Configuration, Container, in_memory_registry
from core.matching.scoring import Thresholds
from tests.fakes import ScriptedGateway, StillClock, equip

# nobody is a certain duplicate, because many tests register people of one name
CONFIGURATION = Configuration(secret_keys=("k" * 50,), match_thresholds=Thresholds(certain=2))


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def gateway() -> ScriptedGateway:
    return ScriptedGateway()


@pytest.fixture
def registry(clock: StillClock, gateway: ScriptedGateway) -> Container:
    """In memory, empty, at a standstill."""
    return equip(in_memory_registry(CONFIGURATION), clock, gateway)
