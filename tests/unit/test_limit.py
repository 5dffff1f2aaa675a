import pytest

from core.ports import RateLimit


@pytest.mark.parametrize(
    ("raw", "limit"), [("1/second", RateLimit(1, 1)), ("60/minute", RateLimit(60, 60)), ("9/day", RateLimit(9, 86400))]
)
def test_a_limit_is_a_number_of_calls_per_unit_of_time(raw: str, limit: RateLimit) -> None:
    assert RateLimit.parse(raw) == limit


@pytest.mark.parametrize("raw", ["", "60", "0/minute", "-1/minute", "60/minutes", "60/week", "1.5/hour", "60 /hour"])
def test_other_text_is_refused_with_an_example(raw: str) -> None:
    with pytest.raises(ValueError, match="such as 60/minute"):
        RateLimit.parse(raw)
