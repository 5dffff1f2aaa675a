from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from django.core.management import CommandError

from core.patients.entities import Patient
from tests.e2e.conftest import printed
from tests.http_api.client import Api
from tests.http_api.problems import kind

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_document_is_an_uncached_file_with_a_neutral_name(admin: Api, ada: Patient) -> None:
    response = admin.get(f"patients/{ada.id}/subject-access/")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == 'attachment; filename="subject-access.json"'
    assert response["Cache-Control"] == "no-store"
    assert orjson.loads(b"".join(response))["patient"]["email"] == ada.email


def test_an_unknown_patient_is_a_problem_not_a_file(admin: Api) -> None:
    response = admin.get(f"patients/{UUID(int=1)}/subject-access/")
    assert (response.status_code, kind(response)) == (404, "patient-not-found")


def test_a_merged_record_links_to_its_survivor(admin: Api, ada: Patient, register: Callable[..., Patient]) -> None:
    twin = register(email="twin@example.org")
    admin.post(f"patients/{ada.id}/merge/", {"other": str(twin.id)})
    assert kind(admin.get(f"patients/{twin.id}/subject-access/")) == "patient-merged"


def test_the_command_writes_a_new_file_for_its_owner(ada: Patient, tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    assert "Read it before you hand it over" in printed("subject_access", str(ada.id), str(file))
    assert orjson.loads(file.read_bytes())["patient"]["id"] == str(ada.id)
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="File exists"):
        printed("subject_access", str(ada.id), str(file))
    with pytest.raises(CommandError, match="no patient"):
        printed("subject_access", str(UUID(int=1)), str(tmp_path / "other.json"))
    assert not (tmp_path / "other.json").exists()
