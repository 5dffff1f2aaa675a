from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.patients.entities import Patient
from core.patients.fields import Registration
from core.sync.errors import InvalidUpstreamRecord
from core.sync.merge import FIELDS, merge, normalize
from tests import strategies
from tests.fakes import NOW
from tests.strategies import RULES

VALUES = st.sampled_from(["a", "b", "c"])
SAID = st.dictionaries(st.sampled_from(FIELDS), VALUES)
OURS = st.fixed_dictionaries(dict.fromkeys(FIELDS, VALUES) | {"phone": st.none() | VALUES})


def after(ours: dict[str, str], base: dict[str, str], theirs: dict[str, str]) -> dict[str, str]:
    return {**ours, **merge(ours, base, theirs).changes}  # type: ignore[typeddict-item]


@given(OURS, SAID, SAID)
def test_fields_missing_upstream_are_kept(ours: dict[str, str], base: dict[str, str], theirs: dict[str, str]) -> None:
    merged = merge(ours, base, theirs)
    assert {*merged.changes, *merged.conflicts} <= set(theirs)


@given(OURS, SAID)
def test_the_first_value_from_upstream_is_applied(ours: dict[str, str], theirs: dict[str, str]) -> None:
    assert after(ours, {}, theirs) == {**ours, **theirs}
    assert merge(ours, {}, theirs).conflicts == ()


@given(OURS, SAID)
def test_a_local_correction_is_kept_while_upstream_is_unchanged(ours: dict[str, str], said: dict[str, str]) -> None:
    assert merge(ours, said, said) == merge(ours, {}, {})


@given(SAID, OURS, OURS)
def test_changes_made_only_upstream_are_applied(
    theirs: dict[str, str], unchanged: dict[str, str], base: dict[str, str]
) -> None:
    ours = {**unchanged, **base}
    merged = merge(ours, base, theirs)
    assert merged.conflicts == ()
    assert {**ours, **merged.changes} == {**ours, **theirs}


@given(OURS, SAID, SAID)
def test_changes_on_both_sides_are_kept_as_conflicts(
    ours: dict[str, str], base: dict[str, str], theirs: dict[str, str]
) -> None:
    both = {
        name for name in theirs if name in base and len({theirs[name], base[name], ours[name]}) == 3
    }  # three values: each side moved away from the base, and elsewhere
    assert set(merge(ours, base, theirs).conflicts) == both
    assert not both & set(merge(ours, base, theirs).changes)


@given(OURS, SAID, SAID)
def test_a_repeated_response_changes_nothing(
    ours: dict[str, str], base: dict[str, str], theirs: dict[str, str]
) -> None:
    once = after(ours, base, theirs)
    again = merge(once, {**base, **theirs}, theirs)
    assert (again.changes, again.conflicts) == ({}, ())


def test_removing_a_phone_is_a_local_correction() -> None:
    ours = {"phone": None}
    assert merge(ours, {"phone": "a"}, {"phone": "a"}).changes == {}
    assert merge(ours, {"phone": "a"}, {"phone": "b"}).conflicts == ("phone",)
    assert merge(ours, {}, {"phone": "b"}).changes == {"phone": "b"}


@given(strategies.registrations())
def test_a_response_is_normalized_like_a_registration(answer: Registration) -> None:
    plain = Patient.register(uuid4(), NOW, RULES, **answer).to_json()
    given = {name for name in FIELDS if answer.get(name) not in (None, [])}
    assert normalize(answer, RULES) == {name: plain[name] for name in given}


def test_other_fields_and_null_in_a_response_are_ignored() -> None:
    answer = {"first_name": None, "id": "7", "status": "dead", "sex": 5, "external_id": "y", "identifiers": 7, "x": {}}
    assert normalize({**answer, "last_name": " Byron "}, RULES) == {"last_name": "Byron"}


def test_a_response_is_validated_like_a_registration() -> None:
    answer = {"first_name": 5, "last_name": "a\tb", "email": "ada", "phone": "12", "date_of_birth": date(2990, 1, 1)}
    with pytest.raises(InvalidUpstreamRecord) as refused:
        normalize(answer, RULES)
    for text in (
        "first_name (type)",
        "last_name (characters)",
        "email (invalid)",
        "phone (invalid)",
        "date_of_birth (future)",
    ):
        assert text in str(refused.value)
    assert "2990" not in str(refused.value)
