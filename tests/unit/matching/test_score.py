import math
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.matching.comparable import ComparableDetails, comparable
from core.matching.details import PersonDetails
from core.matching.scoring import Grade, Thresholds, may_match, score
from core.matching.weights import LEVELS, Agreement, Field
from core.patients.dates import PartialDate
from tests import strategies
from tests.unit.matching.people import ADA, match


def some(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Few, so that two people often have the same or a similar one."""
    return st.sampled_from(["Ada", "Adah", "Beth", "Elizabeth", "Mary Ann", "Ann", "A", "unknown", "Zoë"]) | values


def people() -> st.SearchStrategy[ComparableDetails]:
    dates = st.sampled_from(["1985-12-10", "1985-10-12", "1985-12", "1985"]) | strategies.partial_dates()
    names = some(strategies.names())
    details = st.builds(
        PersonDetails,
        first_name=st.none() | names,
        middle_name=st.none() | names,
        last_name=st.none() | names,
        other_names=strategies.other_names().map(tuple),
        date_of_birth=st.none() | dates.map(PartialDate),
        sex=strategies.sexes(),
        phones=st.lists(strategies.phones(), max_size=3).map(tuple),
        emails=st.lists(strategies.emails(), max_size=2).map(tuple),
        addresses=strategies.addresses().map(tuple),
        identifiers=strategies.identifier_lists().map(tuple),
    )
    return details.map(comparable)


@given(people(), people())
def test_a_score_is_symmetric(a: ComparableDetails, b: ComparableDetails) -> None:
    assert score(a, b, registry_size=5000) == score(b, a, registry_size=5000)


@given(people(), people(), st.integers(0, 10**9))
def test_the_evidence_sums_to_the_score_and_has_each_field_once(
    a: ComparableDetails, b: ComparableDetails, size: int
) -> None:
    match = score(a, b, registry_size=size)
    assert match.score == pytest.approx(sum(line.weight for line in match.evidence))
    assert sorted(line.field for line in match.evidence) == sorted(Field)
    assert 0 <= match.probability <= 1


@given(people(), people())
def test_the_probability_falls_with_the_size_of_the_registry(a: ComparableDetails, b: ComparableDetails) -> None:
    found = [score(a, b, registry_size=10**power).probability for power in range(3, 9)]
    assert all(larger <= smaller for smaller, larger in pairwise(found))


def test_a_name_and_a_birth_date_are_only_certain_in_a_small_registry() -> None:
    ada = PersonDetails(first_name="Ada", last_name="Lovelace", date_of_birth=ADA.date_of_birth)
    assert match(ada, ada, 1000).grade is Grade.CERTAIN
    assert match(ada, ada, 1_000_000).grade is Grade.POSSIBLE


def test_a_registry_of_a_few_patients_counts_as_one_of_1000() -> None:
    assert match(ADA, ADA, 0) == match(ADA, ADA, 1000)


def test_missing_values_are_no_evidence() -> None:
    nobody = match(PersonDetails(), PersonDetails())
    assert nobody.score == pytest.approx(0, abs=0.01)
    assert {line.agreement for line in nobody.evidence} == {Agreement.MISSING, Agreement.NOT_SHARED}
    assert nobody.grade is Grade.UNLIKELY


def test_the_thresholds_decide_the_grade() -> None:
    a, b = comparable(ADA), comparable(evolve(ADA, first_name="Grace"))
    probability = score(a, b, registry_size=1000).probability
    lower = Thresholds(certain=0.9999, possible=probability)
    higher = Thresholds(certain=0.9999, possible=math.nextafter(probability, 1))
    assert score(a, b, registry_size=1000, thresholds=lower).grade is Grade.POSSIBLE
    assert score(a, b, registry_size=1000, thresholds=higher).grade is Grade.UNLIKELY


@pytest.mark.parametrize("field", LEVELS)
@pytest.mark.parametrize("share", ["same_person", "by_chance", "in_household"])
def test_the_shares_of_the_levels_of_a_field_sum_to_one(field: Field, share: str) -> None:
    """Apart from those of partial dates, which are shares of the pairs with a partial date."""
    partial = {Agreement.YEAR, Agreement.YEAR_AND_MONTH}
    shares = [getattr(level, share) for agreement, level in LEVELS[field].items() if agreement not in partial]
    assert sum(shares) == pytest.approx(1, abs=0.015)


def test_an_address_that_agrees_can_decide() -> None:
    ada = evolve(ADA, phones=("+12015550123",), emails=(), identifiers=(), middle_name=None, other_names=())
    zoe = evolve(ada, first_name="Zoe", last_name="Quill", phones=("+442079460123",))
    a, b = comparable(ada), comparable(zoe)
    assert score(a, b, registry_size=1000).grade is Grade.POSSIBLE
    assert score(a, comparable(evolve(zoe, addresses=())), registry_size=1000).grade is Grade.UNLIKELY
    assert may_match(a, b, registry_size=1000)


@given(people(), people(), st.sampled_from([10, 10**6]))
def test_a_pair_that_may_not_match_is_unlikely(a: ComparableDetails, b: ComparableDetails, size: int) -> None:
    assert may_match(a, b, registry_size=size) or score(a, b, registry_size=size).grade is Grade.UNLIKELY
