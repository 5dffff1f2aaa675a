from collections.abc import Callable, Generator
from uuid import UUID

import pytest
from dependency_injector.providers import Object, Singleton
from django.core.cache import caches

from adapters.external.client import UpstreamClient
from adapters.external.managed import ManagedUpstream
from adapters.in_memory.posts import InMemoryViewCounter
from bootstrap import Container
from config.apps import RegistryConfig
from core.access import Actor, Role
from core.accounts.entities import User
from core.files import FileFormat
from core.jobs.entities import JobKind
from core.patients.entities import Patient
from core.posts.entities import Draft
from tests.fakes import ScriptedGateway, details
from tests.http_api.client import Api

PASSWORD = "correct horse battery"
COLLEAGUE = {"email": "colleague@clinic.example", "password": PASSWORD}
NOTICE: Draft = {"title": "Flu season", "content": "Wash your hands."}
SETUP = Actor.system("tests")
Run = Callable[[str], None]
CSV = b"first_name,last_name,email,date_of_birth\nEve,King,eve@example.org,1985-12-10\nEve,King,not one,1985-12-10\n"


@pytest.fixture(scope="session", autouse=True)
def views_at_once() -> None:
    """Views are not saved later, when the test database may be gone."""
    container = RegistryConfig.current().container
    container.views.override(Singleton(InMemoryViewCounter, container.posts))


@pytest.fixture
def registry(transactional_db: None) -> Container:
    """The one the server has, with an empty cache."""
    caches["default"].clear()
    return RegistryConfig.current().container


@pytest.fixture
def upstream(registry: Container) -> Generator[ScriptedGateway]:
    gateway = ScriptedGateway()
    users = (registry.sync_patient, registry.run_sync_job, registry.run_job)
    with registry.gateway.override(Object(gateway)):
        for provider in users:
            provider.reset()
        yield gateway
    for provider in users:
        provider.reset()


@pytest.fixture
def run(registry: Container, upstream: ScriptedGateway) -> Run:
    """Does the work of a worker, with that upstream."""

    def run(job_id: str) -> None:
        registry.run_job()(actor=SETUP, job_id=UUID(job_id))

    return run


@pytest.fixture
def name(registry: Container) -> Generator[str]:
    """Of an upstream that the server calls."""
    client = UpstreamClient("http://127.0.0.1:9", name="national-registry")
    operated = ManagedUpstream(client, registry.upstream_overrides(), registry.upstream_reports(), registry.clock())
    users = (
        registry.list_upstreams,
        registry.upstream_statuses,
        registry.override_upstream,
        registry.view_upstream_state,
    )
    with registry.upstreams.override(Object(operated)):
        for provider in users:
            provider.reset()
        yield client.name
    client.close()
    for provider in users:
        provider.reset()


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
    return lambda **given: registry.register_patient()(
        actor=SETUP, override_reason="Another person.", **details(**given)
    )


@pytest.fixture
def ada(register: Callable[..., Patient]) -> Patient:
    return register(external_id="EHR-ADA")


@pytest.fixture
def patient_id(ada: Patient) -> UUID:
    return ada.id


@pytest.fixture
def duplicate(ada: Patient, register: Callable[..., Patient]) -> Patient:
    """Of Ada, with another email and a phone number."""
    return register(email="countess@example.org", phone="+12015550123")


@pytest.fixture
def pair_id(registry: Container, duplicate: Patient) -> UUID:
    (pair,) = registry.list_duplicates()(actor=SETUP).pairs
    return pair.id


@pytest.fixture
def merge_id(registry: Container, ada: Patient, duplicate: Patient) -> UUID:
    merged = registry.merge_patients()(actor=SETUP, patient_id=ada.id, other_id=duplicate.id)
    assert merged.merge
    return merged.merge.id


@pytest.fixture
def scan_id(registry: Container) -> UUID:
    """Of a scan that nobody works on yet."""
    return registry.start_duplicate_scan()(actor=SETUP).id


@pytest.fixture
def session_id(registry: Container) -> UUID:
    """Of a colleague."""
    email = "other@clinic.example"
    registry.create_user()(actor=SETUP, email=email, password=PASSWORD, role=Role.READER)
    access = registry.sign_in()(email=email, password=PASSWORD).access
    session = registry.authenticate()(access=access, request_id="").session_id
    assert session
    return session


@pytest.fixture
def job_id(registry: Container) -> UUID:
    """Of a sync job that nobody works on yet."""
    return registry.start_sync_job()(actor=SETUP).id


@pytest.fixture
def undo_id(registry: Container, job_id: UUID) -> UUID:
    """Of an undo job that nobody works on yet."""
    registry.cancel_job()(actor=SETUP, kind=JobKind.SYNC, job_id=job_id)
    return registry.undo_job()(actor=SETUP, kind=JobKind.SYNC, job_id=job_id).id


@pytest.fixture
def import_id(registry: Container) -> UUID:
    return registry.start_import()(actor=SETUP, content=lambda: [CSV], format=FileFormat.CSV).id


@pytest.fixture
def colleague(registry: Container) -> User:
    """An author, already there."""
    return registry.create_user()(
        actor=SETUP, email=COLLEAGUE["email"], password=COLLEAGUE["password"], role=Role.AUTHOR
    )


@pytest.fixture
def user_id(colleague: User) -> UUID:
    return colleague.id


@pytest.fixture
def account_id(registry: Container) -> UUID:
    return registry.create_service_account()(actor=SETUP, name="lab-results", role=Role.CLERK).id


@pytest.fixture
def key_id(registry: Container, account_id: UUID) -> UUID:
    key, _ = registry.create_service_key()(actor=SETUP, account_id=account_id, name="november")
    return key.id


@pytest.fixture
def post_id(registry: Container, colleague: User) -> UUID:
    """Of a colleague's published post."""
    author = Actor.user(colleague.id, colleague.role, "request of a colleague")
    post = registry.write_post()(actor=author, **NOTICE)
    registry.publish_post()(actor=author, post_id=post.id)
    return post.id


@pytest.fixture
def comment_id(registry: Container, post_id: UUID) -> UUID:
    return registry.add_comment()(actor=SETUP, post_id=post_id, content="Thanks.").id
