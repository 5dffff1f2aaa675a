"""The same calls on a registry in memory and in a database return the same results and leave the same records."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from bootstrap import Container
from core.errors import RateLimited, RegistryError, Unavailable
from core.patients.audit import ChangeCursor, ChangeEntry
from core.patients.demographics import NameUse, OtherName
from core.patients.entities import Changes, Patient, Registration
from core.patients.search import Filters, PatientCursor, Sort
from core.patients.use_cases import HistoryPage
from core.patients.values import Identifier
from tests import strategies
from tests.contracts.conftest import POSTGRES, SQLITE, open_registry, some
from tests.fakes import ADMIN, Answer, IdsInSequence, ScriptedGateway, StillClock, equip

EMAILS = st.sampled_from(["ada@example.org", "Eve@example.org", "kim@example.org"])
NAMES = st.sampled_from(["Ada", "Anne-Marie", "O'Brien", "Nguyễn", "Ærø", "王小明", "Byron"])
EXTERNAL_IDS = st.sampled_from(["x1", "x2", "x3"])
PHONES = st.sampled_from(["(201) 555-0123", "+44 20 7946 0958", "12", "201 555 0199"]) | st.none()
IDENTIFIERS = st.lists(st.builds(Identifier, st.sampled_from(["mrn", "national"]), st.sampled_from("789")), max_size=2)
DATES = st.sampled_from(["1985-12-10", "2000-02-29"])
PARTIAL_DATES = DATES | st.sampled_from(["1985", "1985-12", "2000-02", "2000-02-30"])
STATUSES = st.sampled_from(["active", "inactive", "archived"])

SETTABLE: dict[str, st.SearchStrategy[Any]] = {
    "middle_name": NAMES | st.none(),
    "other_names": strategies.other_names()
    | st.lists(st.builds(OtherName, use=st.sampled_from(NameUse), last_name=NAMES), max_size=1),
    "email_shared": st.booleans(),
    "phone": PHONES,
    "other_phones": strategies.other_phones(),
    "date_of_birth_estimated": st.booleans(),
    "deceased": st.booleans() | PARTIAL_DATES,
    "language": st.sampled_from(["en", "pt_br", "?"]) | st.none(),
    "addresses": strategies.addresses(),
    "contacts": strategies.contacts(),
    "sex": st.sampled_from(["female", "other", "f", "unknown"]),
    "identifiers": IDENTIFIERS,
    "external_id": EXTERNAL_IDS | st.none(),
    "status": STATUSES,
}
USUAL: dict[str, st.SearchStrategy[Any]] = {
    "first_name": NAMES | st.none(),
    "last_name": NAMES | st.none(),
    "email": EMAILS | strategies.emails() | st.none(),
    "date_of_birth": PARTIAL_DATES | st.none(),
}
REGISTRATIONS = st.fixed_dictionaries(USUAL, optional=SETTABLE)
CHANGES = st.fixed_dictionaries({}, optional=USUAL | SETTABLE)
ANSWERS = (
    st.fixed_dictionaries(
        {},
        optional=USUAL
        | {
            "phone": PHONES,
            "deceased": st.booleans() | PARTIAL_DATES,
            "other_phones": strategies.other_phones(),
            "addresses": strategies.addresses(),
            "status": STATUSES,
            "id": st.just("7"),
        },
    )
    | st.none()
    | st.sampled_from([Unavailable(), RateLimited()])
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "q": st.sampled_from(
            [
                "ada",
                "o'br",
                "marie an",
                "annemariead",
                "NGUYEN",
                "aero",
                "王小",
                "byron 1985",
                "-",
                "—",
                " ",
                "201 555",
                "0123",
                "020 7946 0958",
                "eve@",
                "mrn|7",
                "8",
                "x1",
                "1985-12-10",
                "1985-12",
                "a b c d e f g h i j k",
            ]
        ),
        "ids": st.sampled_from([[], [UUID(int=1)], "1", "00000000-0000-0000-0000-000000000001"]),
        "status": STATUSES,
        "sex": st.sampled_from(["female", "unknown", "f"]),
        "email": EMAILS,
        "phone": PHONES.filter(bool),
        "date_of_birth": PARTIAL_DATES,
        "born_after": DATES,
        "born_before": DATES | st.sampled_from(["1985-12-01", "1985-01-01"]),
        "identifier": st.sampled_from(["mrn|7", "mrn|8", "national|7", "7", "mrn"]),
        "sort": st.sampled_from(Sort) | st.just("age"),
        "external_id": EXTERNAL_IDS,
        "limit": st.integers(1, 3),
        "created_after": st.sampled_from(["2026-01-31T09:31:00Z", "2026-01-31T09:40:00.000001Z"]),
        "created_before": st.sampled_from(["2026-01-31T09:31:00Z", "2026-01-31T10:30:00Z"]),
        "updated_after": st.sampled_from(["2026-01-31T09:31:00Z", "2026-01-31T10:30:00Z"]),
    },
)
Outcome = tuple[str, object]


def outcome(call: Callable[[], object]) -> Outcome:
    try:
        return "done", call()
    except RegistryError as error:
        details = getattr(error, "errors", None), getattr(error, "holder", None), str(error)
        return type(error).__name__, details


def changes_after(registry: Container, position: int, limit: int) -> tuple[tuple[ChangeEntry, ...], int]:
    """Also returns the position to continue after. Each registry has its own epoch."""
    cursor = ChangeCursor(registry.changes().epoch(), position)
    page = registry.follow_changes()(actor=ADMIN, after=cursor, limit=limit)
    return tuple(evolve(one, seal="") for one in page.changes), page.next.position


def history_without_salts(page: HistoryPage) -> HistoryPage:
    """Also without digests and seals, which depend on the random salts."""
    events = (evolve(one, digest="", seal="", values=one.values and evolve(one.values, salt="")) for one in page.events)
    return evolve(page, events=tuple(events))


class SideBySide(RuleBasedStateMachine):
    """`database` is compared with the registry in memory."""

    database: str
    patients = Bundle("patients")

    @initialize()
    def two_empty_registries(self) -> None:
        self.clock, self.gateway = StillClock(), ScriptedGateway()
        both = (open_registry(""), open_registry(self.database, emptied=True))
        self.memory, self.django = (equip(one, self.clock, self.gateway, IdsInSequence()) for one in both)
        self.known: list[Patient] = []
        self.reached = 0

    def both(self, call: Callable[[Container], object]) -> Outcome:
        ours, theirs = outcome(lambda: call(self.memory)), outcome(lambda: call(self.django))
        assert ours == theirs
        return ours

    @rule(minutes=st.integers(0, 60 * 30))
    def time_passes(self, minutes: int) -> None:
        self.clock.forward(timedelta(minutes=minutes, microseconds=minutes))

    @rule(target=patients, registration=REGISTRATIONS)
    def register(self, registration: Registration) -> Any:
        kind, result = self.both(lambda registry: registry.register_patient()(actor=ADMIN, **registration))
        if kind != "done":
            return multiple()
        assert isinstance(result, Patient)
        self.known.append(result)
        return result

    @rule(patient=patients, changes=CHANGES, expected_version=st.none() | st.integers(1, 3))
    def update(self, patient: Patient, changes: Changes, expected_version: int | None) -> None:
        self.both(
            lambda registry: registry.update_patient()(
                actor=ADMIN, patient_id=patient.id, expected_version=expected_version, **changes
            )
        )

    @rule(patient=consumes(patients), expected_version=st.none() | st.integers(1, 2))
    def erase(self, patient: Patient, expected_version: int | None) -> None:
        self.both(
            lambda registry: registry.erase_patient()(
                actor=ADMIN, patient_id=patient.id, expected_version=expected_version
            )
        )

    @rule(patient=patients, answer=ANSWERS)
    def sync(self, patient: Patient, answer: Answer) -> None:
        self.gateway.answer = answer
        self.both(lambda registry: registry.sync_patient()(actor=ADMIN, patient_id=patient.id))

    @rule(filters=FILTERS, count=st.booleans(), after=st.none() | patients)
    def search(self, filters: Filters, count: bool, after: Patient | None) -> None:
        if after is not None:
            filters["after"] = PatientCursor.of(after)
        self.both(lambda registry: registry.search_patients()(actor=ADMIN, count=count, **filters))

    @rule(patient=patients, before_version=st.none() | st.integers(0, 4), limit=st.integers(0, 3))
    def history(self, patient: Patient, before_version: int | None, limit: int) -> None:
        self.both(
            lambda registry: history_without_salts(
                registry.view_history()(actor=ADMIN, patient_id=patient.id, before_version=before_version, limit=limit)
            )
        )

    @rule(restart=st.booleans(), limit=st.integers(0, 5))
    def follow(self, restart: bool, limit: int) -> None:
        after = 0 if restart else self.reached
        state, result = self.both(lambda registry: changes_after(registry, after, limit))
        if state == "done":
            _, self.reached = cast("tuple[object, int]", result)

    @invariant()
    def the_records_are_the_same(self) -> None:
        self.both(lambda registry: registry.search_patients()(actor=ADMIN, limit=200, count=True))

    def teardown(self) -> None:
        if hasattr(self, "known"):
            self.both(lambda registry: changes_after(registry, 0, 200))
        for patient in getattr(self, "known", []):
            self.both(
                lambda registry, one=patient: history_without_salts(
                    registry.view_history()(actor=ADMIN, patient_id=one.id)
                )
            )
            self.both(lambda registry, one=patient: registry.view_patient()(actor=ADMIN, patient_id=one.id))
            assert self.memory.snapshots().get(patient.id) == self.django.snapshots().get(patient.id)


@pytest.mark.soak
@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_memory_and_database_behave_the_same(database: str) -> None:
    machine = type("Machine", (SideBySide,), {"database": database})
    run_state_machine_as_test(machine, settings=settings(some, stateful_step_count=25))
