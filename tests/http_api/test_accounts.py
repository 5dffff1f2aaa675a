from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bootstrap import Container
from core.access import Role
from tests.http_api.client import Api
from tests.http_api.conftest import PASSWORD
from tests.http_api.problems import errors, kind

pytestmark = pytest.mark.django_db(transaction=True)

NEW = {"email": "eve@clinic.example", "password": PASSWORD, "role": "reader"}


@pytest.fixture
def eve(admin: Api) -> str:
    """Her path."""
    return f"users/{admin.post('users/', NEW).json()['id']}/"


def test_an_admin_adds_finds_and_views_users(admin: Api) -> None:
    created = admin.post("users/", NEW | {"email": " Eve@Clinic.Example"})
    user = created.json()
    assert created.status_code == 201
    assert created["Location"].endswith(f"/api/v1/users/{user['id']}/")
    assert {name: user[name] for name in ("email", "role", "is_active")} == {
        "email": "eve@clinic.example",
        "role": "reader",
        "is_active": True,
    }
    assert admin.get(f"users/{user['id']}/").json() == user
    assert admin.get("users/?role=reader&is_active=true").json() == {
        "next": None,
        "next_cursor": None,
        "results": [user],
    }
    assert admin.get("users/?is_active=false").json()["results"] == []
    first = admin.get("users/?limit=1").json()
    assert first["results"] == [user]
    assert [one["email"] for one in admin.get(first["next"]).json()["results"]] == ["admin@clinic.example"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {("email", "required"), ("password", "required"), ("role", "required")}),
        (NEW | {"password": "password123"}, {("password", "guessable")}),
        (NEW | {"password": "FQRG7cs493"}, {("password", "breached")}),
        (NEW | {"email": "eve", "password": "short", "role": "boss"},
         {("email", "invalid"), ("password", "length"), ("role", "choice")}),
        (NEW | {"is_active": True}, {("is_active", "read_only")}),
    ],
)  # fmt: skip
def test_every_error_of_a_new_user_is_named(admin: Api, body: object, expected: set[tuple[str, str]]) -> None:
    assert errors(admin.post("users/", body)) == expected
    assert len(admin.get("users/").json()["results"]) == 1


def test_a_taken_email_and_an_unknown_user_are_problems(admin: Api, eve: str) -> None:
    assert kind(admin.post("users/", NEW)) == "user-email-taken"
    for response in (
        admin.get(f"users/{uuid4()}/"),
        admin.patch(f"users/{uuid4()}/", {"role": "reader"}),
        admin.post(f"users/{uuid4()}/password/", {"password": PASSWORD}),
    ):
        assert (response.status_code, kind(response)) == (404, "user-not-found")
    assert kind(admin.get(f"users/{uuid4()}/history/")) == "account-not-found"


def own_session() -> Api:
    """Of Eve, with a password that she has chosen."""
    session = Api(Api().post("auth/token/", {"email": NEW["email"], "password": PASSWORD}).json()["access"])
    changed = session.post("users/me/password/", {"current": PASSWORD, "password": "apple banana cherry"})
    return Api(changed.json()["access"])


def test_a_change_applies_immediately_and_is_in_the_history(admin: Api, eve: str) -> None:
    session = own_session()
    assert session.get("patients/").status_code == 200
    assert admin.patch(eve, {"role": "author"}).json()["role"] == "author"
    assert session.get("patients/").status_code == 403
    assert admin.patch(eve, {"is_active": False}).json()["is_active"] is False
    assert session.get("users/me/").status_code == 401
    events = admin.get(f"{eve}history/").json()["results"]
    assert [(event["action"], event["details"]) for event in events] == [
        ("disabled", {}),
        ("role_changed", {"before": "reader", "after": "author"}),
        ("password_changed", {}),
        ("created", {"role": "reader"}),
    ]
    assert {event["actor"] for event in events if event["action"] != "password_changed"} == {
        f"user:{admin.get('users/me/').json()['id']}"
    }
    newest = admin.get(f"{eve}history/?limit=1").json()
    assert newest["results"] == events[:1]
    assert admin.get(newest["next"]).json()["results"] == events[1:2]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"role": "boss", "is_active": 1}, {("role", "choice"), ("is_active", "type")}),
        ({"role": None}, {("role", "type")}),
        ({"email": "x@clinic.example"}, {("email", "read_only")}),
    ],
)
def test_an_invalid_change_is_named(admin: Api, eve: str, body: object, expected: set[tuple[str, str]]) -> None:
    before = admin.get(eve).json()
    assert errors(admin.patch(eve, body)) == expected
    assert admin.get(eve).json() == before


def test_the_last_admin_stays_an_admin(admin: Api) -> None:
    path = f"users/{admin.get('users/me/').json()['id']}/"
    for body in ({"is_active": False}, {"role": "reader"}):
        response = admin.patch(path, body)
        assert (response.status_code, kind(response)) == (409, "last-admin")
    assert admin.get(path).json()["role"] == "admin"


def test_an_admin_ends_the_sessions_of_a_user(admin: Api, eve: str) -> None:
    first, second = own_session(), Api(
        Api().post("auth/token/", {"email": NEW["email"], "password": "apple banana cherry"}).json()["access"]
    )
    newest, oldest = admin.get(f"{eve}sessions/").json()["results"]
    assert (newest["address"], newest["current"]) == ("127.0.0.1", False)
    assert admin.delete(f"{eve}sessions/{newest['id']}/").status_code == 204
    assert [session.get("users/me/").status_code for session in (first, second)] == [200, 401]
    assert admin.get(f"{eve}sessions/").json()["results"] == [oldest]
    assert admin.delete(f"{eve}sessions/").status_code == 204
    assert first.get("users/me/").status_code == 401
    assert admin.get(f"{eve}sessions/").json()["results"] == []
    history = admin.get(f"{eve}history/?limit=2").json()["results"]
    assert [(one["action"], one["details"]) for one in history] == [
        ("sessions_ended", {}),
        ("session_ended", {"session_id": newest["id"]}),
    ]


def test_an_admin_sets_a_password(admin: Api, eve: str) -> None:
    session = Api(Api().post("auth/token/", {"email": NEW["email"], "password": PASSWORD}).json()["access"])
    assert admin.post(f"{eve}password/", {"password": "battery staple"}).status_code == 204
    assert session.get("users/me/").status_code == 401
    assert Api().post("auth/token/", {"email": NEW["email"], "password": "battery staple"}).status_code == 200


def test_a_user_sets_a_new_password_with_a_code_from_an_admin(admin: Api, eve: str) -> None:
    session = own_session()
    issued = admin.post(f"{eve}password-reset/")
    assert (issued.status_code, issued["Cache-Control"]) == (201, "no-store")
    assert issued.json()["page"] == "http://testserver/reset-password/"
    given = {"code": issued.json()["code"].lower(), "password": "battery staple"}
    assert session.get("users/me/").status_code == 200
    assert errors(Api().post("auth/password-reset/", given | {"password": "password123"})) == {
        ("password", "guessable")
    }
    assert Api().post("auth/password-reset/", given).status_code == 204
    assert session.get("users/me/").status_code == 401
    assert Api().post("auth/token/", {"email": NEW["email"], "password": "battery staple"}).status_code == 200
    again = Api().post("auth/password-reset/", given)
    assert (again.status_code, kind(again)) == (401, "reset-code-refused")
    accesses = [one["action"] for one in admin.get("audit/").json()["results"]]
    assert accesses.index("reset_refused") < accesses.index("password_reset")


def test_a_code_for_an_unknown_or_disabled_user_is_a_problem(admin: Api, eve: str, account_id: UUID) -> None:
    for nobody in (uuid4(), account_id):
        assert kind(admin.post(f"users/{nobody}/password-reset/")) == "user-not-found"
    admin.patch(eve, {"is_active": False})
    refused = admin.post(f"{eve}password-reset/")
    assert (refused.status_code, kind(refused)) == (409, "user-disabled")
    assert errors(admin.post(f"{eve}password-reset/", {"code": "0" * 20})) == {("code", "unknown")}


def test_changing_the_own_password_returns_a_new_session(reader: Api) -> None:
    changed = reader.post("users/me/password/", {"current": PASSWORD, "password": "battery staple"})
    assert (changed.status_code, changed["Cache-Control"]) == (200, "no-store")
    assert reader.get("users/me/").status_code == 401
    again = Api(changed.json()["access"])
    assert again.get("users/me/").status_code == 200
    assert errors(again.post("users/me/password/", {"current": PASSWORD, "password": "battery staple"})) == {
        ("current", "wrong")
    }


def test_a_service_account_calls_with_its_key_and_is_named_in_the_history(admin: Api, anonymous: Api) -> None:
    created = admin.post("service-accounts/", {"name": "lab-import", "role": "clerk"})
    path = f"service-accounts/{created.json()['id']}/"
    assert (created.status_code, created.json()["keys"]) == (201, [])
    assert created["Location"].endswith(path)
    made = admin.post(f"{path}keys/", {"name": "november"})
    assert (made.status_code, made["Cache-Control"]) == (201, "no-store")
    machine = Api(made.json()["key"])
    me = machine.get("users/me/").json()
    assert (me["email"], me["name"], me["role"]) == (None, "lab-import", "clerk")
    body = {"first_name": "A", "last_name": "B", "email": "a@example.org", "date_of_birth": "2000-01-01"}
    patient = machine.post("patients/", body).json()
    (event,) = machine.get(f"patients/{patient['id']}/history/").json()["results"]
    assert event["actor"] == "service:lab-import"
    shown = admin.get(path).json()
    assert "key" not in shown["keys"][0]
    assert admin.get("service-accounts/?name=lab-import").json()["results"] == [shown]
    assert admin.delete(f"{path}keys/{made.json()['id']}/").status_code == 204
    assert kind(machine.get("users/me/")) == "token-refused"
    assert [one["action"] for one in admin.get(f"{path}history/").json()["results"]] == [
        "key_revoked",
        "key_made",
        "created",
    ]


def test_a_key_is_limited_to_networks_and_permissions(admin: Api) -> None:
    account = admin.post("service-accounts/", {"name": "lab-import", "role": "clerk"}).json()
    path = f"service-accounts/{account['id']}/"
    limits = {"networks": ["127.0.0.0/8", "2001:db8::/48"], "permissions": ["patients.view"]}
    made = admin.post(f"{path}keys/", limits | {"name": "november"}).json()
    shown = admin.get(path).json()["keys"][0]
    assert {name: shown[name] for name in limits} == limits
    here, there = Api(made["key"]), Api(made["key"], Client(REMOTE_ADDR="192.0.2.7"))
    assert here.get("users/me/").json()["permissions"] == ["patients.view"]
    assert (here.get("patients/").status_code, here.post("patients/", {}).status_code) == (200, 403)
    refused, unknown = there.get("patients/"), Api(f"prk_{'0' * 32}_{'x' * 43}").get("patients/")
    same = ("type", "title", "status", "detail", "instance")
    assert [refused.json()[name] for name in same] == [unknown.json()[name] for name in same]
    assert there.get("patients/", X_Forwarded_For="127.0.0.1").status_code == 401
    entry, _ = admin.get("audit/?actor=service:lab-import&action=token_refused").json()["results"]
    assert (entry["detail"], entry["address"]) == (made["id"], "192.0.2.7")
    again = admin.post(f"{path}keys/", {"name": "december", "same_limits_as": made["id"]}).json()
    assert {name: again[name] for name in limits} == limits
    assert errors(
        admin.post(f"{path}keys/", {"name": "x", "networks": ["192.0.2.7/24"], "permissions": ["users.manage"]})
    ) == {("networks.0", "host_bits"), ("permissions.0", "role")}


def test_a_service_account_is_demoted_and_disabled(admin: Api) -> None:
    account = admin.post("service-accounts/", {"name": "lab-import", "role": "clerk"}).json()
    path = f"service-accounts/{account['id']}/"
    machine = Api(admin.post(f"{path}keys/", {"name": "november"}).json()["key"])
    assert admin.patch(path, {"role": "reader"}).json()["role"] == "reader"
    assert machine.post("patients/", {}).status_code == 403
    assert admin.patch(path, {"is_active": False}).status_code == 200
    assert machine.get("users/me/").status_code == 401


def test_invalid_service_accounts_and_keys_are_problems(admin: Api) -> None:
    assert errors(admin.post("service-accounts/", {"name": "L", "role": "boss"})) == {
        ("name", "name"),
        ("role", "choice"),
    }
    assert errors(admin.get("service-accounts/?name=%00")) == {("name", "name")}
    account = admin.post("service-accounts/", {"name": "lab-import", "role": "clerk"}).json()
    assert kind(admin.post("service-accounts/", {"name": "lab-import", "role": "clerk"})) == "service-name-taken"
    path = f"service-accounts/{account['id']}/"
    assert errors(admin.patch(path, {"name": "other"})) == {("name", "read_only")}
    assert errors(admin.post(f"{path}keys/", {"name": "", "expires_at": "tomorrow"})) == {
        ("name", "blank"),
        ("expires_at", "invalid"),
    }
    assert errors(admin.post(f"{path}keys/", {})) == {("name", "required")}
    for number in range(2):
        assert admin.post(f"{path}keys/", {"name": f"key {number}", "expires_at": None}).status_code == 201
    assert kind(admin.post(f"{path}keys/", {"name": "third"})) == "too-many-keys"
    assert kind(admin.delete(f"{path}keys/{uuid4()}/")) == "service-key-not-found"
    assert kind(admin.get(f"service-accounts/{uuid4()}/")) == "service-account-not-found"


def test_the_number_of_queries_does_not_depend_on_the_length_of_a_list(admin: Api, registry: Container) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(path).status_code == 200
        return len(captured)

    paths = ("users/", "service-accounts/")
    empty = [queries(path) for path in paths]
    for number in range(3):
        account = admin.post("service-accounts/", {"name": f"lab-{number}", "role": "clerk"}).json()
        admin.post(f"service-accounts/{account['id']}/keys/", {"name": "november"})
        admin.post("users/", NEW | {"email": f"u{number}@clinic.example"})
    assert [queries(path) for path in paths] == [empty[0], empty[1] + 1]  # the keys, once there are any


def test_actors_are_named_with_users_manage_by_one_more_query(
    admin: Api, clerk: Api, patient_id: UUID, account_id: UUID, registry: Container
) -> None:
    path, me = f"patients/{patient_id}/", admin.get("users/me/").json()
    patched = [admin.patch(path, {"first_name": "Ada L."}), clerk.patch(path, {"last_name": "King"})]
    assert [answer.status_code for answer in patched] == [200, 200]

    def named(api: Api, path: str) -> list[object]:
        return [event["actor_name"] for event in api.get(path).json()["results"]]

    emails = ["clerk@clinic.example", me["email"]]
    assert named(admin, f"{path}history/") == [*emails, "tests"]
    assert named(admin, "patients/changes/") == ["tests", *reversed(emails)]
    assert named(clerk, f"{path}history/") == [None, None, "tests"]
    admin.patch(f"service-accounts/{account_id}/", {"role": "reader"})
    assert named(admin, f"service-accounts/{account_id}/history/") == [me["email"], "tests"]
    queries = []
    for api in (admin, clerk):
        with CaptureQueriesContext(connection) as captured:
            api.get(f"{path}history/")
        queries.append(len(captured))
    assert queries[0] == queries[1] + 1


def test_job_requesters_are_named_with_users_manage_by_one_more_query(admin: Api, clerk: Api) -> None:
    asked = [api.post("sync-jobs/", {"status": "active"}).json() for api in (admin, clerk)]
    emails = [admin.get("users/me/").json()["email"], "clerk@clinic.example"]
    assert [job["requested_by_name"] for job in asked] == [emails[0], None]
    assert admin.get(f"sync-jobs/{asked[1]['id']}/").json()["requested_by_name"] == emails[1]
    queries = []
    for api, names in ((admin, [*reversed(emails)]), (clerk, [None, None])):
        with CaptureQueriesContext(connection) as captured:
            listed = api.get("sync-jobs/").json()["results"]
        assert [job["requested_by_name"] for job in listed] == names
        queries.append(len(captured))
    assert queries[0] == queries[1] + 1


def test_the_requester_of_an_import_is_named(admin: Api, import_id: UUID) -> None:
    for job in (admin.get(f"imports/{import_id}/").json(), *admin.get("imports/").json()["results"]):
        assert job["requested_by_name"] == "tests"


def test_only_admins_manage_accounts(signed_in: Callable[[Role], Api]) -> None:
    for role in set(Role) - {Role.ADMIN}:
        api = signed_in(role)
        assert api.get("users/").status_code == 403
        assert api.post("service-accounts/", {"name": "lab-import", "role": "admin"}).status_code == 403
