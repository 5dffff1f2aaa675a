"""The commands for accounts: each once as a program, everything else in the test process."""

import pytest
from django.core.management import CommandError
from django.db import connection
from django.test import Client, override_settings

from tests.e2e.conftest import finished, manage, printed

ADMIN = {"ADMIN_EMAIL": "me@clinic.example", "ADMIN_PASSWORD": "correct horse battery"}

in_process = pytest.mark.django_db(transaction=True)


def rows(query: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def test_admin_from_the_environment_is_added(migrated: dict[str, str]) -> None:
    assert finished(manage(migrated | ADMIN, "create_superuser_from_env"))[:2] == (0, "The admin was added.\n")


@in_process
def test_admin_is_added_only_once() -> None:
    with override_settings(**ADMIN):
        assert printed("create_superuser_from_env") == "The admin was added.\n"
    with override_settings(**ADMIN | {"ADMIN_PASSWORD": "battery staple"}):
        assert "already exists" in printed("create_superuser_from_env")
    assert rows("SELECT email, role, is_active FROM accounts_user") == [("me@clinic.example", "admin", 1)]
    assert rows("SELECT actor FROM accounts_accountevent") == [("system:create_superuser_from_env",)]


@in_process
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "Set ADMIN_EMAIL and ADMIN_PASSWORD"),
        (ADMIN | {"ADMIN_PASSWORD": "password123"}, "ADMIN_PASSWORD: Too easy to guess"),
        (ADMIN | {"ADMIN_EMAIL": "me"}, "ADMIN_EMAIL: Must be a valid email address"),
    ],
)
def test_invalid_admin_settings_are_reported(settings: dict[str, str], message: str) -> None:
    with override_settings(**settings), pytest.raises(CommandError, match=message):
        printed("create_superuser_from_env")
    assert rows("SELECT * FROM accounts_user") == []


def test_standard_output_holds_only_the_key(migrated: dict[str, str]) -> None:
    command = ["service_key", "make", "lab-import", "2026-11", "--role", "clerk", "--days", "7"]
    status, out, err = finished(manage(migrated, *command))
    assert (status, out.startswith("prk_"), out.count("\n")) == (0, True, 1)
    assert "shown only once" in err


@in_process
def test_key_is_made_listed_and_revoked() -> None:
    token = printed("service_key", "make", "lab-import", "2026-11", "--role", "clerk", "--days", "7")
    assert token.startswith("prk_")
    listed = printed("service_key", "list", "lab-import")
    assert "live" in listed
    assert "2026-11" in listed
    printed("service_key", "revoke", "lab-import", listed.split()[0])
    assert "revoked" in printed("service_key", "list", "lab-import")
    with pytest.raises(CommandError, match=r"(?i)names are never"):
        printed("service_key", "make", "lab-import", "x", "--role", "clerk")


@in_process
def test_limits_of_a_key_are_listed_and_copied() -> None:
    make = ["service_key", "make", "lab-import"]
    networks = ["--network", "192.0.2.0/24", "--network", "2001:db8::/48"]
    printed(*make, "2026-11", "--role", "clerk", *networks, "--permission", "patients.view")
    limits = "networks: 192.0.2.0/24, 2001:db8::/48  permissions: patients.view\n"
    listed = printed("service_key", "list", "lab-import")
    assert listed.endswith(limits)
    printed(*make, "2026-12", "--same-limits-as", listed.split()[0])
    assert printed("service_key", "list", "lab-import").count(limits) == 2


@in_process
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["make", "nobody", "2026-11"], "There is no service account nobody"),
        (["make", "lab-import", "2026-11", "--role", "clerk", "--days", "367"], "from 1 to 366"),
        (["make", "Lab", "2026-11", "--role", "clerk"], "name: Must be 3 to 50 lower-case letters"),
        (["make", "lab", "x", "--role", "reader", "--network", "192.0.2.7/24"], "networks.0: Must end with the zeros"),
        (["make", "lab", "x", "--role", "reader", "--permission", "users.manage"], "permissions.0: The role reader"),
        (["revoke", "lab-import", "first"], "invalid UUID value"),
        ([], "required"),
    ],
)
def test_invalid_key_arguments_are_reported(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises((CommandError, SystemExit)) as refused:
        printed("service_key", *arguments)
    assert message in f"{refused.value}{capsys.readouterr().err}"


@in_process
def test_a_password_reset_code_is_printed() -> None:
    with override_settings(**ADMIN):
        printed("create_superuser_from_env")
    code = printed("reset_password", ADMIN["ADMIN_EMAIL"].upper()).strip()
    given = {"code": code, "password": "battery staple"}
    assert Client().post("/api/v1/auth/password-reset/", given, "application/json").status_code == 204
    assert rows("SELECT action FROM accounts_accountevent ORDER BY id")[1:] == [("reset_issued",), ("password_reset",)]
    for email, message in (("nobody@clinic.example", "no user"), ("nobody", "email: Must be a valid")):
        with pytest.raises(CommandError, match=message):
            printed("reset_password", email)


@in_process
def test_purge_reports_counts() -> None:
    assert printed("purge_expired") == "Removed 0 sessions, 0 keys and 0 jobs.\n"
