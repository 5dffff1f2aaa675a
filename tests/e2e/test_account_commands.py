import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.e2e.conftest import environment_in, finished, manage

ADMIN = {"ADMIN_EMAIL": "me@clinic.example", "ADMIN_PASSWORD": "correct horse battery"}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that is migrated once, as that takes seconds."""
    directory = tmp_path_factory.mktemp("empty")
    assert finished(manage(environment_in(directory), "migrate", "--verbosity", "0")) == (0, "", "")
    return directory


@pytest.fixture
def migrated(empty: Path, tmp_path: Path) -> dict[str, str]:
    directory = shutil.copytree(empty, tmp_path / "database")
    return environment_in(directory)


def outcome(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """The exit status, and what was said last: to who reads the output, else to who reads the errors."""
    status, out, err = finished(manage(environment, *arguments))
    assert "Traceback" not in err
    return status, out if status == 0 else err


def rows(environment: dict[str, str], query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(environment["DATABASE_URL"].removeprefix("sqlite:///")) as connection:
        return connection.execute(query).fetchall()


def test_the_first_admin_is_added_once(migrated: dict[str, str]) -> None:
    create = "create_superuser_from_env"
    assert outcome(migrated | ADMIN, create) == (0, "The admin was added.\n")
    status, told = outcome(migrated | ADMIN | {"ADMIN_PASSWORD": "battery staple"}, create)
    assert (status, "is there already" in told) == (0, True)
    assert rows(migrated, "SELECT email, role, is_active FROM accounts_user") == [("me@clinic.example", "admin", 1)]
    assert rows(migrated, "SELECT actor FROM accounts_accountevent") == [("system:create_superuser_from_env",)]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "Set ADMIN_EMAIL and ADMIN_PASSWORD"),
        (ADMIN | {"ADMIN_PASSWORD": "password123"}, "ADMIN_PASSWORD: This is easy to guess"),
        (ADMIN | {"ADMIN_EMAIL": "me"}, "ADMIN_EMAIL: Give a valid email address"),
    ],
)
def test_an_admin_who_cannot_be_added_is_told_why(migrated: dict[str, str], given: dict[str, str], told: str) -> None:
    status, err = outcome(migrated | given, "create_superuser_from_env")
    assert (status, told in err) == (1, True), err
    assert rows(migrated, "SELECT * FROM accounts_user") == []


def test_a_key_is_made_listed_and_revoked(migrated: dict[str, str]) -> None:
    status, token = outcome(migrated, "service_key", "make", "lab-import", "2026-11", "--role", "clerk", "--days", "7")
    assert (status, token.startswith("prk_")) == (0, True)
    key = str(rows(migrated, "SELECT id FROM accounts_servicekey")[0][0])
    listed = outcome(migrated, "service_key", "list", "lab-import")[1]
    assert "live" in listed
    assert "2026-11" in listed
    assert outcome(migrated, "service_key", "revoke", "lab-import", key)[0] == 0
    assert "revoked" in outcome(migrated, "service_key", "list", "lab-import")[1]
    assert (
        "names are never" in outcome(migrated, "service_key", "make", "lab-import", "x", "--role", "clerk")[1].lower()
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["make", "nobody", "2026-11"], "There is no service account nobody"),
        (["make", "lab-import", "2026-11", "--role", "clerk", "--days", "367"], "from 1 to 366"),
        (["make", "Lab", "2026-11", "--role", "clerk"], "name: Give 3 to 50 small letters"),
        (["revoke", "lab-import", "first"], "invalid UUID value"),
        ([], "required"),
    ],
)
def test_a_key_that_cannot_be_made_is_told_why(migrated: dict[str, str], arguments: list[str], told: str) -> None:
    status, err = outcome(migrated, "service_key", *arguments)
    assert (status != 0, told in err) == (True, True), err


def test_purging_says_what_was_removed(migrated: dict[str, str]) -> None:
    assert outcome(migrated, "purge_expired") == (0, "Removed 0 sessions, 0 keys and 0 jobs that had ended.\n")
