"""Matching finds the duplicates of public data sets; `python benchmarks/matching.py` measures more."""

from random import Random

import pytest

from core.matching.scoring import Grade
from tests.febrl import best_candidates, match_all, read_febrl, true_pairs, with_households


@pytest.mark.parametrize("number", [1, 2])
def test_duplicates_are_found_and_certain_ones_are_duplicates(number: int) -> None:
    records = read_febrl(number)
    matches, duplicates = match_all(records), true_pairs(records)
    found = {pair for pair, match in matches.items() if match.grade is not Grade.UNLIKELY}
    certain = {pair for pair, match in matches.items() if match.grade is Grade.CERTAIN}
    assert len(found & duplicates) >= 0.99 * len(duplicates)
    assert len(certain & duplicates) >= 0.999 * len(certain)
    assert len(certain) >= 0.7 * len(duplicates)


def test_the_best_candidate_is_a_duplicate_where_households_share_names_and_addresses() -> None:
    records = with_households(read_febrl(1), Random(1))
    matches, duplicates = match_all(records), true_pairs(records)
    certain = {pair for pair in best_candidates(matches) if matches[pair].grade is Grade.CERTAIN}
    assert len(certain & duplicates) >= 0.999 * len(certain)
    assert len(certain) >= 0.7 * len(duplicates)
