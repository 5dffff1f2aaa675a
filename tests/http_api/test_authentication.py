from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from adapters.django_orm.accounts.models import User
from core.access import Role
from core.patients.entities import Patient
from tests.http_api.client import Api
from tests.http_api.conftest import PASSWORD
from tests.http_api.problems import errors, kind

pytestmark = pytest.mark.django_db(transaction=True)

CREDENTIALS = {"email": "reader@clinic.example", "password": PASSWORD}


def refused(api: Api) -> str:
    response = api.get("users/me/")
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    return kind(response)


def test_sign_in_then_me_returns_the_account(reader: Api) -> None:
    pair = reader.post("auth/token/", CREDENTIALS | {"email": " Reader@Clinic.Example "})
    assert pair.status_code == 200
    assert pair["Cache-Control"] == "no-store"
    me = Api(pair.json()["access"]).get("users/me/").json()
    permissions = ["patients.view", "posts.comment", "posts.view"]
    assert (me["email"], me["role"], me["permissions"]) == (CREDENTIALS["email"], "reader", permissions)


@pytest.mark.parametrize("wrong", [{"password": "wrong password"}, {"email": "nobody@clinic.example"}])
def test_a_wrong_password_and_an_unknown_email_get_the_same_response(reader: Api, wrong: dict[str, str]) -> None:
    response = Api().post("auth/token/", CREDENTIALS | wrong)
    assert (response.status_code, kind(response)) == (401, "wrong-credentials")
    assert response["WWW-Authenticate"]


def test_names_each_error_of_the_credentials(anonymous: Api) -> None:
    assert errors(anonymous.post("auth/token/", {"email": 5, "password": 5})) == {
        ("email", "type"),
        ("password", "type"),
    }
    assert errors(anonymous.post("auth/token/", {})) == {("email", "required"), ("password", "required")}
    assert ("user", "unknown") in errors(anonymous.post("auth/token/", {"user": "x"}))
    assert errors(anonymous.post("auth/token/refresh/", {"refresh": 5})) == {("refresh", "type")}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer a.b.c", "Bearer \xe9"])
def test_requires_a_token(anonymous: Api, header: str) -> None:
    response = anonymous.get("patients/", Authorization=header)
    assert response.status_code == 401
    assert kind(response) in {"unauthenticated", "token-refused"}


def test_an_access_token_lasts_ten_minutes(reader: Api) -> None:
    with time_machine.travel(timedelta(minutes=9), tick=False):
        assert reader.get("users/me/").status_code == 200
    with time_machine.travel(timedelta(minutes=11), tick=False):
        assert refused(reader) == "token-refused"


def test_a_refresh_token_works_once_and_its_reuse_ends_the_session(reader: Api) -> None:
    first = Api().post("auth/token/", CREDENTIALS).json()
    second = Api().post("auth/token/refresh/", {"refresh": first["refresh"]})
    assert second.status_code == 200
    assert Api(second.json()["access"]).get("users/me/").status_code == 200
    for token in (first["refresh"], second.json()["refresh"]):
        response = Api().post("auth/token/refresh/", {"refresh": token})
        assert (response.status_code, kind(response)) == (401, "token-refused")


def test_signing_out_ends_the_session_immediately_and_may_be_repeated(reader: Api) -> None:
    pair = Api().post("auth/token/", CREDENTIALS).json()
    assert Api(pair["access"]).get("users/me/").status_code == 200
    for _ in range(2):
        assert Api().post("auth/token/revoke/", {"refresh": pair["refresh"]}).status_code == 200
        assert refused(Api(pair["access"])) == "token-refused"
    assert reader.get("users/me/").status_code == 200
    assert Api().post("auth/token/refresh/", {"refresh": pair["refresh"]}).status_code == 401


def test_access_and_refresh_tokens_are_not_interchangeable(reader: Api) -> None:
    pair = Api().post("auth/token/", CREDENTIALS).json()
    assert refused(Api(pair["refresh"])) == "token-refused"
    assert Api().post("auth/token/refresh/", {"refresh": pair["access"]}).status_code == 401


def test_each_call_reads_its_caller_in_one_query(reader: Api) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert reader.get("users/me/").status_code == 200
    assert len(captured) == 1


def test_a_password_that_an_admin_set_must_be_changed_before_anything_else(admin: Api, anonymous: Api) -> None:
    given = {"email": "new@clinic.example", "password": PASSWORD}
    created = admin.post("users/", given | {"role": "editor"}).json()
    assert created["must_change_password"] is True
    new = Api(anonymous.post("auth/token/", given).json()["access"])
    for response in (new.get("posts/"), new.post("posts/", {}), new.get("users/")):
        assert (response.status_code, kind(response)) == (403, "password-change-required")
    assert new.get("users/me/").json()["must_change_password"] is True
    own = {"current": PASSWORD, "password": "battery staple"}
    assert errors(new.post("users/me/password/", own | {"password": PASSWORD})) == {("password", "unchanged")}
    pair = new.post("users/me/password/", own).json()
    new = Api(pair["access"])
    assert new.get("users/me/").json()["must_change_password"] is False
    assert new.get("posts/").status_code == 200
    admin.post(f"users/{created['id']}/password/", {"password": PASSWORD})
    pair = anonymous.post("auth/token/", given).json()
    assert kind(Api(pair["access"]).get("posts/")) == "password-change-required"
    assert anonymous.post("auth/token/revoke/", {"refresh": pair["refresh"]}).status_code == 200


def test_disabling_a_user_ends_access_immediately(reader: Api) -> None:
    pair = Api().post("auth/token/", CREDENTIALS).json()
    User.objects.update(is_active=False)
    assert refused(reader) == "token-refused"
    assert Api().post("auth/token/refresh/", {"refresh": pair["refresh"]}).status_code == 401
    assert Api().post("auth/token/", CREDENTIALS).status_code == 401


def test_a_demotion_applies_immediately(admin: Api, ada: Patient) -> None:
    User.objects.update(role=Role.READER)
    response = admin.delete(f"patients/{ada.id}/")
    assert (response.status_code, kind(response)) == (403, "forbidden")
