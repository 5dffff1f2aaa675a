"""How many statements a call sends to the database: each is a round trip, and waits for another process."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.patients.entities import Patient
from tests.http_api.client import Api

SIGNED_IN = 1
"""Every call reads the session and its user."""

STATEMENTS = {
    "GET users/me/": SIGNED_IN,
    "GET posts/": SIGNED_IN + 1,
    "GET patients/{id}/": SIGNED_IN + 1,
    "GET patients/{id}/history/": SIGNED_IN + 1,
    "GET patients/changes/": SIGNED_IN + 4,
    "GET patients/": SIGNED_IN + 1,
    "GET patients/?limit=200": SIGNED_IN + 1,
    "GET patients/?count=true": SIGNED_IN + 2,
    "GET patients/?q=ada&sort=name": SIGNED_IN + 1,
    "GET patients/?email=ada@example.org": SIGNED_IN + 2,
    "POST patients/search/": SIGNED_IN + 1,
    "POST patients/": SIGNED_IN + 7,
    "PATCH patients/{id}/": SIGNED_IN + 14,
    "GET duplicates/": SIGNED_IN + 1,
}
BODIES: dict[str, object] = {
    "POST patients/search/": {"q": "ada"},
    "POST patients/": {"first_name": "Grace", "last_name": "Hopper", "date_of_birth": "1906-12-09"},
    "PATCH patients/{id}/": {"last_name": "Noether"},
}
NOT_COUNTED = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")


def test_no_call_sends_more_statements_than_it_needs(clerk: Api, ada: Patient) -> None:
    clerk.get("patients/changes/")  # gives its events their positions
    sent = dict[str, list[str]]()
    for call in STATEMENTS:
        method, _, path = call.partition(" ")
        with CaptureQueriesContext(connection) as captured:
            answer = clerk.call(method, path.format(id=ada.id), BODIES.get(call))
        assert answer.status_code in {200, 201}
        sent[call] = [query["sql"] for query in captured if counts(query["sql"])]
    assert {call: len(statements) for call, statements in sent.items()} == STATEMENTS, sent


def counts(statement: str) -> bool:
    """The access log is written by another thread, for many calls at once; here it is written at once."""
    return not statement.startswith(NOT_COUNTED) and "access_log_accessentry" not in statement
