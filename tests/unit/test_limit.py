import pytest

from core.ports import Limit


@pytest.mark.parametrize(
    ("raw", "limit"), [("1/second", Limit(1, 1)), ("60/minute", Limit(60, 60)), ("9/day", Limit(9, 86400))]
)
def test_a_limit_is_a_number_of_calls_per_unit_of_time(raw: str, limit: Limit) -> None:
    assert Limit.parse(raw) == limit


@pytest.mark.parametrize("raw", ["", "60", "0/minute", "-1/minute", "60/minutes", "60/week", "1.5/hour", "60 /hour"])
def test_other_texts_are_refused_with_an_example(raw: str) -> None:
    with pytest.raises(ValueError, match="such as 60/minute"):
        Limit.parse(raw)
