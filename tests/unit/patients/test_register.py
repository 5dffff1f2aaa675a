from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given

from bootstrap import Configuration, Container, in_memory_registry
from core.access import Actor, Permission
from core.errors import ValidationError
from core.patients.audit import Action
from core.patients.dates import PartialDate
from core.patients.errors import EmailTaken, ExternalIdTaken, IdentifierTaken
from core.patients.fields import Registration
from core.patients.values import Identifier
from tests import strategies
from tests.fakes import ADMIN, CLERK, NOW, ScriptedGateway, StillClock, details, equip


@given(strategies.registrations())
def test_a_registered_patient_is_viewed_as_registered(registration: Registration) -> None:
    registry = equip(in_memory_registry(), StillClock(noon()), ScriptedGateway())
    patient = registry.register_patient()(actor=CLERK, **registration)
    assert registry.view_patient()(actor=CLERK, patient_id=patient.id) == patient
    again = registry.update_patient()(actor=CLERK, patient_id=patient.id, **registration)
    assert again == patient


def noon() -> datetime:
    return datetime.combine(strategies.TODAY, datetime.min.time(), UTC) + timedelta(hours=12)


def test_a_patient_starts_with_version_1_at_the_clocks_time_under_an_id_of_that_time(registry: Container) -> None:
    patient = registry.register_patient()(actor=CLERK, **details())
    assert (patient.version, patient.created_at, patient.updated_at) == (1, NOW, NOW)
    assert patient.id.version == 7
    assert patient.id.int >> 80 == int(NOW.timestamp() * 1000)


def test_a_registration_records_one_event(registry: Container) -> None:
    patient = registry.register_patient()(actor=CLERK, **details())
    (event,) = registry.view_history()(actor=CLERK, patient_id=patient.id).events
    assert (event.action, event.actor, event.request_id, event.at) == (
        Action.REGISTERED,
        CLERK.name,
        CLERK.request_id,
        NOW,
    )


def test_a_refused_registration_stores_nothing(registry: Container) -> None:
    with pytest.raises(ValidationError):
        registry.register_patient()(actor=CLERK, **details(email="ada"))
    first = registry.register_patient()(actor=CLERK, **details())
    with pytest.raises(EmailTaken):
        registry.register_patient()(actor=CLERK, **details())
    assert registry.search_patients()(actor=CLERK).patients == (first,)
    assert len(registry.store().audit_events) == 1


def test_an_email_is_taken_in_every_spelling(registry: Container) -> None:
    first = registry.register_patient()(actor=CLERK, **details(email="ada@example.org"))
    with pytest.raises(EmailTaken) as taken:
        registry.register_patient()(actor=CLERK, **details(email=" ADA@Example.org"))
    assert taken.value.holder == first.id


def test_the_holder_of_an_email_is_hidden_without_view_permission(registry: Container) -> None:
    registry.register_patient()(actor=CLERK, **details())
    blind = Actor("user:x", frozenset({Permission.REGISTER_PATIENTS, Permission.UPDATE_PATIENTS}), "request")
    with pytest.raises(EmailTaken) as taken:
        registry.register_patient()(actor=blind, **details())
    assert taken.value.holder is None
    assert taken.value.__cause__ is None
    other = registry.register_patient()(actor=blind, **details(email="eve@example.org"))
    with pytest.raises(EmailTaken) as taken:
        registry.update_patient()(actor=blind, patient_id=other.id, email="ada@example.org")
    assert taken.value.holder is None


def test_external_ids_and_identifiers_belong_to_one_patient(registry: Container) -> None:
    ours = {"external_id": "x7", "identifiers": [Identifier("mrn", "7"), Identifier("mrn", "8")]}
    registry.register_patient()(actor=CLERK, **details(**ours))
    with pytest.raises(ExternalIdTaken):
        registry.register_patient()(actor=CLERK, **details(email="eve@example.org", external_id="x7"))
    theirs = [Identifier("mrn", "9"), Identifier("mrn", "8")]
    with pytest.raises(IdentifierTaken):
        registry.register_patient()(actor=CLERK, **details(email="eve@example.org", identifiers=theirs))


def test_a_family_may_share_a_phone_and_a_name(registry: Container) -> None:
    for n in range(2):
        shared = details(first_name=["Ada", "Eve"][n], email=f"{n}@example.org", phone="(201) 555-0123")
        assert registry.register_patient()(actor=CLERK, **shared).phone == "+12015550123"


def test_patients_without_an_email_and_a_date_of_birth_are_registered(registry: Container) -> None:
    register = registry.register_patient()
    mononym = register(actor=CLERK, first_name="Suharto")
    newborns = [register(actor=CLERK, last_name="Byron", date_of_birth_estimated=True) for _ in range(2)]
    assert (mononym.full_name, [newborn.full_name for newborn in newborns]) == ("Suharto", ["Byron", "Byron"])
    assert {(patient.email, patient.date_of_birth) for patient in (mononym, *newborns)} == {(None, None)}
    found = registry.search_patients()(actor=CLERK, sort="name").patients
    assert [patient.id for patient in found] == [mononym.id, *sorted((one.id for one in newborns), reverse=True)]


def test_a_family_may_share_an_email_that_one_patient_owns(registry: Container) -> None:
    register, update = registry.register_patient(), registry.update_patient()
    owner = register(actor=CLERK, **details())
    children = [register(actor=CLERK, **details(first_name=name, email_shared=True)) for name in ("Ralph", "Anne")]
    assert {child.email for child in children} == {owner.email}
    for child in children:
        with pytest.raises(EmailTaken) as taken:
            update(actor=CLERK, patient_id=child.id, email_shared=False)
        assert taken.value.holder == owner.id
    update(actor=CLERK, patient_id=owner.id, email_shared=True)
    update(actor=CLERK, patient_id=children[0].id, email_shared=False)
    assert len(registry.search_patients()(actor=CLERK, email="ada@example.org").patients) == 3


def test_archived_patients_keep_their_email(registry: Container) -> None:
    registry.register_patient()(actor=CLERK, **details(status="archived"))
    with pytest.raises(EmailTaken):
        registry.register_patient()(actor=CLERK, **details())


@pytest.mark.parametrize(
    ("time_zone", "at", "today"),
    [
        ("Pacific/Auckland", datetime(2026, 1, 31, 11, 0, tzinfo=UTC), date(2026, 2, 1)),
        ("Pacific/Auckland", datetime(2026, 1, 31, 10, 59, tzinfo=UTC), date(2026, 1, 31)),
        ("America/Los_Angeles", datetime(2026, 1, 31, 7, 59, tzinfo=UTC), date(2026, 1, 30)),
    ],
)
def test_today_is_the_date_in_the_registrys_time_zone(time_zone: str, at: datetime, today: date) -> None:
    registry = equip(in_memory_registry(), StillClock(at, time_zone), ScriptedGateway())
    born_today = registry.register_patient()(actor=ADMIN, **details(date_of_birth=today))
    assert born_today.date_of_birth == PartialDate(today.isoformat())
    tomorrow = today + timedelta(days=1)
    with pytest.raises(ValidationError):
        registry.register_patient()(actor=ADMIN, **details(email="eve@example.org", date_of_birth=tomorrow))
    with pytest.raises(ValidationError):
        registry.update_patient()(actor=ADMIN, patient_id=born_today.id, date_of_birth=tomorrow)


def test_a_phone_is_read_in_the_registrys_region() -> None:
    registry = in_memory_registry(Configuration(secret_keys=("k" * 50,), phone_region="DE"))
    assert registry.register_patient()(actor=ADMIN, **details(phone="030 123456")).phone == "+4930123456"
