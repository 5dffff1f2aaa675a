from datetime import UTC, datetime
from functools import cache
from uuid import UUID

import pytest

from adapters.cli.demo_data import (
    DEMO_ACCOUNTS,
    DEMO_DAY,
    DEMO_PASSWORD,
    VISITOR,
    VISITOR_ID,
    VISITOR_PHONE_UPSTREAM,
    demo_patients,
    upstream_records,
)
from core.accounts.entities import User
from core.accounts.passwords import parse_new_password
from core.patients.entities import Patient
from core.patients.fields import Registration, Rules
from core.patients.values import SETTABLE_STATUSES, Sex
from core.sync.merge import normalize

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RULES = Rules(DEMO_DAY, "US")


def registered(details: Registration) -> Patient:
    return Patient.register(UUID(int=1), NOW, RULES, **details)


@cache
def patients() -> dict[str, Patient]:
    return {key: registered(details) for key, details in demo_patients().items()}


def test_demo_patients_are_valid_and_already_normalized() -> None:
    for external_id, details in demo_patients().items():
        patient = patients()[external_id]
        assert patient.external_id == external_id
        assert patient.full_name == f"{details.get('first_name')} {details.get('last_name')}"
        assert patient.email == details.get("email")
        assert patient.phone == details.get("phone")


def test_demo_has_500_patients_with_consecutive_external_ids() -> None:
    assert list(patients()) == [f"EHR-{number:05}" for number in range(1, 501)]


def test_emails_and_identifiers_are_unique() -> None:
    identifiers = [identifier for patient in patients().values() for identifier in patient.identifiers]
    assert len({patient.email for patient in patients().values()}) == 500
    assert len(set(identifiers)) == len(identifiers)


def test_emails_are_undeliverable() -> None:
    assert all(str(patient.email).endswith(".example") for patient in patients().values())


def test_demo_patients_are_deterministic() -> None:
    assert demo_patients() == demo_patients()
    assert upstream_records() == upstream_records()


def test_ages_cover_every_decade_from_0_to_100() -> None:
    ages = [age for patient in patients().values() if (age := patient.age_on(DEMO_DAY)) is not None]
    assert len(ages) == len(patients())
    assert min(ages) >= 0
    assert max(ages) <= 100
    assert {age // 10 for age in ages} >= set(range(10))


def test_every_sex_and_status_occurs() -> None:
    assert {patient.sex for patient in patients().values()} == set(Sex)
    assert {patient.status for patient in patients().values()} == set(SETTABLE_STATUSES)


@pytest.mark.parametrize("sign", ["'", "-", " ", "ü", "ł", "佐", "م", "Ш", "ή", "\u200c"])
def test_names_have_many_spellings(sign: str) -> None:
    assert any(sign in f"{patient.first_name}{patient.last_name}" for patient in patients().values())


def test_upstream_knows_nine_of_ten_demo_patients() -> None:
    assert len(patients().keys() & upstream_records().keys()) == 450
    assert upstream_records().keys() - patients().keys() == {VISITOR_ID}


def test_upstream_has_changes_for_about_one_of_seven() -> None:
    changed = {
        key: differing(patients()[key], record) for key, record in upstream_records().items() if key in patients()
    }
    assert 50 <= sum(map(bool, changed.values())) <= 75
    assert set().union(*changed.values()) == {"phone", "last_name", "email"}


def differing(patient: Patient, record: dict[str, object]) -> set[str]:
    theirs = normalize(record, RULES)
    return {name for name, value in theirs.items() if value != patient.to_json()[name]}


def test_syncing_all_patients_causes_no_email_conflict() -> None:
    emails = {key: patient.email for key, patient in patients().items()}
    emails |= {key: str(record["email"]) for key, record in upstream_records().items()}
    assert len(set(emails.values())) == len(emails)
    ours = {patient.email: key for key, patient in patients().items()}
    assert all(ours.get(email, key) == key for key, email in emails.items())


def test_upstream_has_another_phone_for_the_visitor() -> None:
    assert registered(VISITOR).external_id == VISITOR_ID
    assert differing(registered(VISITOR), upstream_records()[VISITOR_ID]) == {"phone"}
    assert upstream_records()[VISITOR_ID]["phone"] == VISITOR_PHONE_UPSTREAM


def test_demo_accounts_are_valid() -> None:
    for email, role in DEMO_ACCOUNTS.items():
        user = User.create(UUID(int=1), NOW, parse_new_password, email=email, role=role, password=DEMO_PASSWORD)
        assert user.email == email
