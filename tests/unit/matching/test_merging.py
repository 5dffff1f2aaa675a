"""Which values a merged record gets, and which it gives back."""

from typing import Unpack

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ValidationError
from core.matching.merging import FIELDS, Source, combine, parse_choices
from core.patients.entities import Patient
from core.patients.fields import LISTS, Item, Registration
from core.patients.restoring import restore
from core.patients.stored_values import read_values
from core.patients.values import Identifier
from tests import strategies
from tests.fakes import NOW

CHOICES = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(list(Source)))


def person(**details: Unpack[Registration]) -> Patient:
    named: Registration = {"first_name": "Ada"}
    return Patient.register(strategies.uuid7(NOW, 1), NOW, strategies.RULES, **named | details)


def combined(survivor: Patient, other: Patient, **choices: Source) -> Patient:
    return combine(survivor, other, choices)


@given(strategies.patients())
def test_stored_values_round_trip(patient: Patient) -> None:
    assert evolve(patient, **read_values(patient.to_json())) == patient


@given(strategies.patients(), strategies.patients(), CHOICES)
def test_each_field_has_the_value_of_one_of_the_two(
    survivor: Patient, other: Patient, choices: dict[str, Source]
) -> None:
    try:
        after = combine(survivor, other, choices)
    except ValidationError:
        return
    for name in FIELDS:
        mine, theirs, result = (getattr(one, name) for one in (survivor, other, after))
        if name in choices:
            assert result == (mine if choices[name] is Source.SURVIVOR else theirs)
        elif name in LISTS:
            assert set(result) == {*mine, *theirs}
        else:
            assert result in (mine, theirs)
            assert result == mine or not mine or mine == "unknown"


@given(strategies.patients(), strategies.patients(), CHOICES)
def test_unchanged_values_are_restored_exactly(survivor: Patient, other: Patient, choices: dict[str, Source]) -> None:
    try:
        after = combine(survivor, other, choices)
    except ValidationError:
        return
    old, new = survivor.to_json(), after.to_json()
    fields = [name for name in old if old[name] != new[name]]
    restored = restore(after, {name: old[name] for name in fields}, {name: new[name] for name in fields})
    assert (restored.patient.to_json(), restored.kept) == (old, ())


def test_a_shared_email_and_an_estimated_date_come_with_their_value() -> None:
    other = person(email="byron@example.org", email_shared=True, date_of_birth="1985", date_of_birth_estimated=True)
    after = combined(person(), other)
    assert (after.email_shared, after.date_of_birth_estimated) == (True, True)
    after = combined(person(email="ada@example.org"), other)
    assert (after.email, after.email_shared) == ("ada@example.org", False)


def test_an_external_id_is_only_copied_to_a_record_without_one() -> None:
    assert combined(person(), person(external_id="x7")).external_id == "x7"
    assert combined(person(external_id="x1"), person(external_id="x7")).external_id == "x1"


def test_lists_that_are_too_long_together_need_a_choice() -> None:
    many: list[list[Identifier | Item]] = [[Identifier("mrn", f"{start}{n}") for n in range(12)] for start in "ab"]
    survivor, other = (person(identifiers=own) for own in many)
    with pytest.raises(ValidationError) as refused:
        combined(survivor, other)
    assert [(error.field, error.code) for error in refused.value.errors] == [("choices.identifiers", "required")]
    assert combined(survivor, other, identifiers=Source.OTHER).identifiers == other.identifiers


def test_dates_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValidationError):
        combined(person(date_of_birth="1985"), person(deceased="1980"))


@pytest.mark.parametrize(
    "raw", [None, [], {"status": "other"}, {"email_shared": "other"}, {"phone": None}, {7: "other"}]
)
def test_an_invalid_choice_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match=r"Must|one of") if raw != {"phone": None} else pytest.raises(ValidationError):
        parse_choices(raw)


def restored(before: Patient, merged: Patient, later: Patient) -> tuple[Patient, tuple[str, ...]]:
    old, new = before.to_json(), merged.to_json()
    fields = [name for name in old if old[name] != new[name]]
    result = restore(later, {name: old[name] for name in fields}, {name: new[name] for name in fields})
    return result.patient, result.kept


def test_a_record_keeps_at_least_one_name() -> None:
    before = person(first_name=None, last_name="Byron")
    merged = combined(before, person())
    after, kept = restored(before, merged, evolve(merged, last_name=None))
    assert (after.first_name, after.last_name, kept) == ("Ada", None, ("first_name",))


def test_a_changed_email_keeps_its_flags() -> None:
    before = person()
    merged = combined(before, person(email="byron@example.org", email_shared=True))
    after, kept = restored(before, merged, evolve(merged, email="ada@example.org"))
    assert (after.email, after.email_shared, kept) == ("ada@example.org", True, ("email", "email_shared"))


def test_dates_stay_where_restoring_one_would_contradict_the_other() -> None:
    before = person(date_of_birth="1985")
    merged = combined(before, person(date_of_birth="1915"), date_of_birth=Source.OTHER)
    later = evolve(merged, **read_values({"deceased": "1980"}))
    after, kept = restored(before, merged, later)
    assert (after.to_json()["date_of_birth"], kept) == ("1915", ("date_of_birth",))


def test_a_list_keeps_what_was_added_later_and_gets_back_what_the_merge_took() -> None:
    work: dict[str, object] = {"use": "work", "value": "+12015550131"}
    home: dict[str, object] = {"use": "home", "value": "+12015550132"}
    later: dict[str, object] = {"use": "mobile", "value": "+12015550133"}
    before, other = person(other_phones=[home]), person(other_phones=[work])
    merged = combined(before, other, other_phones=Source.OTHER)
    changed = evolve(merged, **read_values({"other_phones": [work, later]}))
    after, kept = restored(before, merged, changed)
    assert (after.to_json()["other_phones"], kept) == ([later, home], ("other_phones",))
