from collections.abc import Callable, Generator, Mapping
from typing import Any, cast

import orjson
import pytest
from attrs import field, frozen
from dependency_injector.providers import Object, Singleton
from django.http import HttpResponse
from django.test import Client

from adapters.in_memory.posts import InMemoryViews
from bootstrap import Container
from config.apps import RegistryConfig
from core.access import Actor, Role
from core.patients.entities import Patient
from tests.fakes import ScriptedGateway, details

PASSWORD = "correct horse battery"
SETUP = Actor.system("tests")


class Answer(HttpResponse):
    """What Django's test client gives."""

    def json(self) -> Any: ...


@frozen
class Api:
    """Calls the API as it is deployed, through every middleware."""

    token: str = ""
    client: Client = field(factory=lambda: Client(raise_request_exception=False))

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        content = body if isinstance(body, bytes) else orjson.dumps(body) if body is not None else b""
        url = path if path.startswith(("/", "http")) else f"/api/v1/{path}"
        response = self.client.generic(method, url, content, content_type, headers=given | dict(headers or {}))
        return cast("Answer", response)

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, headers=_named(headers))

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return self.call("POST", path, body, _named(headers))

    def put(self, path: str, body: object, **headers: str) -> Answer:
        return self.call("PUT", path, body, _named(headers))

    def patch(self, path: str, body: object, **headers: str) -> Answer:
        return self.call("PATCH", path, body, _named(headers))

    def delete(self, path: str, **headers: str) -> Answer:
        return self.call("DELETE", path, headers=_named(headers))


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture(scope="session", autouse=True)
def views_at_once() -> None:
    """Views are not handed on later, when the test database may be gone."""
    container = RegistryConfig.current().container
    container.views.override(Singleton(InMemoryViews, container.posts))


@pytest.fixture
def registry(transactional_db: None) -> Container:
    """The one the server has."""
    return RegistryConfig.current().container


@pytest.fixture
def upstream(registry: Container) -> Generator[ScriptedGateway]:
    gateway = ScriptedGateway()
    with registry.gateway.override(Object(gateway)):
        registry.sync_patient.reset()
        yield gateway
    registry.sync_patient.reset()


@pytest.fixture
def anonymous() -> Api:
    return Api()


@pytest.fixture
def signed_in(registry: Container) -> Callable[[Role], Api]:
    """An API client signed in as a new user of the role."""

    def sign_in(role: Role) -> Api:
        email = f"{role}@clinic.example"
        registry.create_user()(actor=SETUP, email=email, password=PASSWORD, role=role)
        return Api(registry.sign_in()(email=email, password=PASSWORD).access)

    return sign_in


@pytest.fixture
def admin(signed_in: Callable[[Role], Api]) -> Api:
    return signed_in(Role.ADMIN)


@pytest.fixture
def clerk(signed_in: Callable[[Role], Api]) -> Api:
    return signed_in(Role.CLERK)


@pytest.fixture
def reader(signed_in: Callable[[Role], Api]) -> Api:
    return signed_in(Role.READER)


@pytest.fixture
def register(registry: Container) -> Callable[..., Patient]:
    """Registers a valid patient, but for what is given."""
    return lambda **given: registry.register_patient()(actor=SETUP, **details(**given))


@pytest.fixture
def ada(register: Callable[..., Patient]) -> Patient:
    return register()
