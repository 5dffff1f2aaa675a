"""A registration is compared with many candidates, so a pair costs little whatever the records contain."""

import pytest

from core.matching.blocking import blocking_keys
from core.matching.comparable import comparable
from core.matching.details import PersonDetails
from core.matching.scoring import score
from core.patients.demographics import Address, NameUse, OtherName
from tests.costs import ANONYMOUS, cost
from tests.unit.matching.largest import LARGEST, largest

PAIR = 0.005  # seconds


def test_the_largest_pair_costs_no_more_than_5_ms() -> None:
    a, b = comparable(LARGEST), comparable(largest(2))
    assert cost(lambda: score(a, b, registry_size=1_000_000), PAIR) <= PAIR


@pytest.mark.parametrize("letter", ["\ufdfa", "\U0001fae2", "a ", "王"])
def test_text_that_grows_when_folded_costs_no_more(letter: str) -> None:
    text = (letter * 100)[:100]
    details = PersonDetails(
        first_name=text,
        last_name=text[1:],
        other_names=tuple(
            OtherName(use=NameUse.ALIAS, first_name=text[n:], last_name=text[n + 1 :]) for n in range(10)
        ),
        addresses=tuple(Address(lines=(text[n:],) * 4, city=text) for n in range(10)),
    )
    a = comparable(details)
    assert cost(lambda: score(a, a, registry_size=1_000_000), PAIR) <= PAIR


def test_the_largest_record_and_its_keys_stay_within_the_cpu_budget() -> None:
    assert cost(lambda: blocking_keys(comparable(LARGEST)), ANONYMOUS) <= ANONYMOUS
