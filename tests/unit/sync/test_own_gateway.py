"""A gateway that has `fetch` alone, as a script may write it."""

from itertools import chain, repeat

import pytest

from core.errors import InvalidUpstreamResponse, Unavailable
from core.sync.merge import UpstreamDocument
from core.sync.ports import MAX_UNAVAILABLE_IN_A_ROW, FetchResult, PatientGateway

KNOWN = UpstreamDocument({"phone": "+12015550123"})
DOWN, INVALID = Unavailable("down"), InvalidUpstreamResponse("not JSON")


class Scripted(PatientGateway):
    def __init__(self, *answers: FetchResult) -> None:
        self.answers = chain(answers, repeat(KNOWN))

    def fetch(self, external_id: str, *, request_id: str) -> UpstreamDocument | None:
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_many_are_fetched_one_after_the_other_and_failures_are_returned() -> None:
    answers = (KNOWN, None, DOWN, INVALID)
    fetched = Scripted(*answers).fetch_all("abcd", request_id="r")
    assert list(fetched) == list(zip("abcd", answers, strict=True))


def test_upstream_is_not_called_again_after_several_failures_in_a_row() -> None:
    fetched = Scripted(*[DOWN] * MAX_UNAVAILABLE_IN_A_ROW).fetch_all("abcdef", request_id="r")
    assert [next(fetched) for _ in range(MAX_UNAVAILABLE_IN_A_ROW - 1)] == [("a", DOWN), ("b", DOWN)]
    with pytest.raises(Unavailable):
        next(fetched)


def test_a_response_between_failures_starts_the_count_again() -> None:
    answers = [DOWN, DOWN, INVALID, DOWN, DOWN, None, DOWN, DOWN]
    assert len(list(Scripted(*answers).fetch_all(map(str, answers), request_id="r"))) == len(answers)
