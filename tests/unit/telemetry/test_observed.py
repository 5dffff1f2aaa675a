import io
from contextlib import suppress

import pytest

from adapters.telemetry.observed import observed
from bootstrap import Container
from core.accounts.errors import TokenRefused, WrongCredentials
from core.errors import Unavailable
from core.patients.errors import EmailTaken
from tests.fakes import ADMIN, CLERK, details
from tests.unit.telemetry.conftest import Lines


class SendALetter:
    def __call__(self, name: str, *, answer: Exception | str) -> str:
        if isinstance(answer, Exception):
            raise answer
        return f"{name}: {answer}"


def test_an_observed_use_case_keeps_its_behavior() -> None:
    assert observed(SendALetter())("Ada", answer="yes") == "Ada: yes"
    refusal = EmailTaken()
    with pytest.raises(EmailTaken) as raised:
        observed(SendALetter())("Ada", answer=refusal)
    assert raised.value is refusal


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("yes", "done"), (EmailTaken(), "email-taken"), (Unavailable(), "unavailable"), (ValueError("Ada"), "crashed")],
)
def test_each_call_is_logged_once_with_its_outcome_and_duration(
    written: io.StringIO, lines: Lines, answer: Exception | str, outcome: str
) -> None:
    with suppress(EmailTaken, Unavailable, ValueError):
        observed(SendALetter())("Ada", answer=answer)
    (line,) = lines()
    assert (line["event"], line["operation"], line["outcome"]) == ("use_case", "send_a_letter", outcome)
    assert isinstance(line["milliseconds"], float)
    assert "Ada" not in written.getvalue()


def test_only_refused_tokens_are_logged(registry: Container, written: io.StringIO, lines: Lines) -> None:
    account = registry.create_service_account()(actor=ADMIN, name="lab", role="reader")
    _, key = registry.create_service_key()(actor=ADMIN, account_id=account.id, name="first")
    before = len(lines())
    registry.authenticate()(access=key, request_id="request-1")
    with pytest.raises(TokenRefused):
        registry.authenticate()(access="x", request_id="request-1")
    assert [(line["operation"], line["outcome"]) for line in lines()][before:] == [("authenticate", "token-refused")]


def test_every_use_case_of_the_registry_is_observed(registry: Container, written: io.StringIO, lines: Lines) -> None:
    patient = registry.register_patient()(actor=CLERK, **details())
    registry.view_patient()(actor=CLERK, patient_id=patient.id)
    with pytest.raises(WrongCredentials):
        registry.sign_in()(email="ada@example.org", password="wrong")
    outcomes = [(line["operation"], line["outcome"]) for line in lines()]
    assert outcomes == [("register_patient", "done"), ("view_patient", "done"), ("sign_in", "wrong-credentials")]
    assert "ada" not in written.getvalue().lower()
