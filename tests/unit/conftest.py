import pytest

from bootstrap import Configuration, Container, in_memory_registry
from tests.fakes import ScriptedGateway, StillClock, equip


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def gateway() -> ScriptedGateway:
    return ScriptedGateway()


@pytest.fixture
def registry(clock: StillClock, gateway: ScriptedGateway) -> Container:
    """In memory, empty, at a standstill."""
    return equip(in_memory_registry(Configuration(secret_keys=("k" * 50,))), clock, gateway)
