from pathlib import Path

import orjson
import pytest
import schemathesis
from django.core.management import call_command
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from config.wsgi import application
from core.patients.entities import Patient
from tests.fakes import ScriptedGateway
from tests.http_api.conftest import Api

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"
schema = schemathesis.openapi.from_dict(orjson.loads(COMMITTED.read_bytes()))
schema.app = application


@pytest.fixture
def upstream_up(upstream: ScriptedGateway) -> None:
    upstream.answer = {}


@pytest.mark.django_db(transaction=True)
@schema.parametrize()
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_request_crashes_the_api_or_is_answered_off_its_schema(
    case: schemathesis.Case, admin: Api, ada: Patient, upstream_up: None
) -> None:
    if case.meta and case.meta.generation.mode.is_positive and "patient_id" in case.path_parameters:
        case.path_parameters["patient_id"] = str(ada.id)
    case.headers.pop("If-Match", None)  # or 412 comes before 400
    case.call_and_validate(
        headers={"Authorization": f"Bearer {admin.token}"},
        excluded_checks=[positive_data_acceptance],  # a schema cannot tell every rule
    )


def test_the_committed_schema_is_that_of_the_code(tmp_path: Path) -> None:
    call_command("spectacular", format="openapi-json", validate=True, fail_on_warn=True, file=str(tmp_path / "now"))
    assert (tmp_path / "now").read_bytes() == COMMITTED.read_bytes()


def test_the_schema_and_its_page_are_served_without_signing_in_and_from_here_alone(anonymous: Api) -> None:
    assert anonymous.get("schema/").json()["openapi"].startswith("3.1")
    page = anonymous.get("/api/docs/").content.decode()
    assert "swagger-ui" in page
    assert "https://" not in page
