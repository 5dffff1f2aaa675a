from collections.abc import Callable, Generator
from datetime import timedelta

import pytest
import time_machine
from attrs import evolve
from dependency_injector.providers import Object

from bootstrap import Configuration, Container, in_memory_registry
from core.access import Actor, Role
from core.accounts.entities import User
from core.accounts.sessions import TokenPair
from core.errors import TooManyRequests
from core.ports import RateLimiter, RateLimitScope
from tests.fakes import NOW, IdsInSequence

SECRET = "k" * 50
PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def time() -> Generator[time_machine.Traveller]:
    """Stands still; the tokens' own clock follows it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def registry() -> Container:
    registry = in_memory_registry(Configuration(secret_keys=(SECRET,)))
    registry.ids.override(Object(IdsInSequence()))
    return registry


@pytest.fixture
def ada(registry: Container) -> User:
    return registry.create_user()(
        actor=Actor.system("tests"), email="ada@example.org", password=PASSWORD, role=Role.CLERK
    )


@pytest.fixture
def pair(registry: Container, ada: User) -> TokenPair:
    return registry.sign_in()(email=ada.email, password=PASSWORD)


@pytest.fixture
def becomes(registry: Container, ada: User) -> Callable[..., None]:
    """Changes Ada's account as an administrator of the store would."""

    def becomes(**changes: object) -> None:
        registry.store().users[ada.id] = evolve(ada, **changes)

    return becomes


class Strict(RateLimiter):
    """So many calls of each, and no more."""

    most = {
        RateLimitScope.SIGN_IN: 2,
        RateLimitScope.SIGN_IN_ADDRESS: 3,
        RateLimitScope.SIGN_IN_EMAIL: 4,
        RateLimitScope.SIGN_IN_KNOWN: 3,
    }

    def __init__(self) -> None:
        self.calls: list[tuple[RateLimitScope, str]] = []

    def acquire(self, scope: RateLimitScope, who: str) -> None:
        self.calls.append((scope, who))
        if self.calls.count((scope, who)) > self.most[scope]:
            raise TooManyRequests(retry_after=timedelta(minutes=1))


@pytest.fixture
def strict(registry: Container) -> Strict:
    limiter = Strict()
    registry.limiter.override(Object(limiter))
    for provider in (
        registry.sign_in,
        registry.change_own_password,
        registry.verify_password,
        registry.password_verifier,
        registry.reset_password,
    ):
        provider.reset()
    return limiter
