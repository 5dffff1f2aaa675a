from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import orjson
import pytest
import schemathesis
from django.core.management import call_command
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import Response
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.pytest.lazy import get_all_tests
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance
from schemathesis.specs.openapi.schemas import OpenApiSchema

from config.wsgi import application
from core.access import Role
from core.patients.entities import Patient
from tests.databases import empty
from tests.fakes import ScriptedGateway
from tests.http_api.client import Api

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"
UNCOMPRESSED = {"Accept-Encoding": "identity"}
UNTRUE = [positive_data_acceptance]  # a schema cannot tell every rule
some = settings(
    max_examples=settings().max_examples * 2 // 5,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def load(**config: object) -> OpenApiSchema:
    loaded = schemathesis.openapi.from_dict(
        orjson.loads(COMMITTED.read_bytes()), config=SchemathesisConfig.from_dict(config)
    )
    loaded.app = application
    return loaded


without_constants = {"constants": {"enabled": False}}  # the code would be searched for them again for each operation
schema = load(analysis=without_constants)
OPERATIONS = {
    operation["operationId"]: operation
    for methods in schema.raw_schema["paths"].values()
    for operation in methods.values()
}
FOR_NOBODY = [name for name, operation in OPERATIONS.items() if {} in operation.get("security", [{}])]
FOR_SESSIONS = [name for name in OPERATIONS if name not in FOR_NOBODY]


@pytest.fixture
def upstream_up(upstream: ScriptedGateway) -> None:
    upstream.answer = {"last_name": "Byron"}


@pytest.fixture(params=[None, Role.ADMIN], ids=lambda role: role or "anonymous")
def enter(request: pytest.FixtureRequest, signed_in: Callable[[Role], Api]) -> Callable[[], dict[str, str]]:
    """Makes a caller and gives the headers to call with. The other roles are refused more than an admin is, before the
    request is read: `test_roles.py` shows it."""
    role: Role | None = request.param
    return lambda: {"Authorization": f"Bearer {signed_in(role).token}"} if role else {}


@pytest.fixture
def admin(signed_in: Callable[[Role], Api]) -> dict[str, str]:
    return {"Authorization": f"Bearer {signed_in(Role.ADMIN).token}"}


def call_often(operations: BaseSchema, headers: dict[str, str], request: pytest.FixtureRequest) -> None:
    """Makes the cases when the test runs: collecting those of all operations would take each process seconds."""

    def call(case: schemathesis.Case) -> None:
        if case.meta and case.meta.generation.mode.is_positive:
            case.path_parameters.update({name: str(request.getfixturevalue(name)) for name in case.path_parameters})
        case.headers.pop("If-Match", None)  # or 412 comes before 400
        case.call_and_validate(headers=headers | UNCOMPRESSED, excluded_checks=UNTRUE)

    load_all_checks()
    [result] = get_all_tests(schema=operations, test_func=call, settings=some, given_kwargs=None)
    assert isinstance(result, Ok), result
    _, test = result.ok()
    test()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_responses_to_an_admin_conform_to_the_schema(
    operation: str, admin: dict[str, str], request: pytest.FixtureRequest, upstream_up: None
) -> None:
    call_often(schema.include(operation_id=operation), admin, request)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("operation", FOR_NOBODY)
def test_responses_without_a_session_conform_to_the_schema(
    operation: str, request: pytest.FixtureRequest, upstream_up: None
) -> None:
    call_often(schema.include(operation_id=operation), {}, request)


def test_a_request_without_a_session_is_refused_as_documented(transactional_db: None) -> None:
    load_all_checks()
    for name in FOR_SESSIONS:
        operation = schema.find_operation_by_id(name)
        ids = {parameter.name: str(UUID(int=1)) for parameter in operation.path_parameters}
        case = operation.Case(path_parameters=ids)
        assert case.call_and_validate(headers=UNCOMPRESSED, excluded_checks=UNTRUE).status_code == 401, name


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_responses_to_sequences_of_requests_conform_to_the_schema(
    enter: Callable[[], dict[str, str]], register: Callable[[], Patient], upstream_up: None
) -> None:
    class Calls(load().as_state_machine()):
        def setup(self) -> None:
            empty("default")
            self.headers = enter()
            register()

        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, object]:
            return {"headers": self.headers | UNCOMPRESSED}

        def validate_response(self, response: Response, case: schemathesis.Case, *_: object, **__: object) -> None:
            case.validate_response(response, excluded_checks=UNTRUE, headers=self.headers)

    run_state_machine_as_test(Calls, settings=settings(some, stateful_step_count=6))


def test_the_committed_schema_matches_the_code(tmp_path: Path) -> None:
    call_command("spectacular", format="openapi-json", validate=True, fail_on_warn=True, file=str(tmp_path / "now"))
    assert (tmp_path / "now").read_bytes() == COMMITTED.read_bytes()


def test_the_schema_and_its_page_are_public_and_load_nothing_from_elsewhere(anonymous: Api) -> None:
    assert anonymous.get("schema/").json() == orjson.loads(COMMITTED.read_bytes())
    page = anonymous.get("/api/docs/").content.decode()
    assert "swagger-ui" in page
    assert "https://" not in page


def test_the_schema_is_revalidated_by_its_etag(anonymous: Api) -> None:
    first = anonymous.get("schema/")
    assert first["Content-Type"] == "application/vnd.oai.openapi+json"
    assert first["Cache-Control"] == "public, max-age=300"
    again = anonymous.get("schema/", If_None_Match=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert anonymous.get("schema/", If_None_Match='"another"').status_code == 200
    assert anonymous.get("schema/", Accept="application/json")["Content-Type"] == "application/json"
    assert anonymous.get("schema/", Accept="text/html").status_code == 406
