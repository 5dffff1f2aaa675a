"""The quality of matching on public data: `python benchmarks/matching.py`."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from time import perf_counter

from attrs import evolve

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from core.matching.scoring import Grade, Match
from tests.febrl import Pair, Record, best_candidates, match_all, read_febrl, true_pairs, with_households

EDGES = (0.02, 0.5, 0.9, 0.99, 0.999, 0.9999)


def without_identifier_and_address(records: list[Record]) -> list[Record]:
    return [Record(r.person, evolve(r.details, identifiers=(), addresses=())) for r in records]


def report(title: str, records: list[Record]) -> None:
    same = true_pairs(records)
    start = perf_counter()
    matches = match_all(records)
    seconds = perf_counter() - start
    by_grade = {grade: {pair for pair, match in matches.items() if match.grade is grade} for grade in Grade}
    certain, possible = by_grade[Grade.CERTAIN], by_grade[Grade.POSSIBLE]
    best = best_candidates(matches) & certain
    print(f"\n{title}: {len(records)} records, {len(same)} true pairs")
    print(f"  pairs compared                 {len(matches):9}")
    print(f"  true pairs among them          {share(matches.keys() & same, same):>9}")
    print(f"  recall, certain or possible    {share((certain | possible) & same, same):>9}")
    print(f"  recall, certain                {share(certain & same, same):>9}")
    print(f"  precision, certain             {share(certain & same, certain):>9}   {len(certain - same)} false")
    print(f"  precision, best and certain    {share(best & same, best):>9}   {len(best - same)} false")
    print(f"  precision, possible            {share(possible & same, possible):>9}   {len(possible - same)} false")
    print(f"  true pairs by probability      {'   '.join(calibration(matches, same))}")
    print(f"  seconds                        {seconds:9.2f}")


def share(part: set[Pair], whole: set[Pair]) -> str:
    return f"{100 * len(part) / len(whole):.2f} %" if whole else "none"


def calibration(matches: dict[Pair, Match], same: set[Pair]) -> Iterator[str]:
    """Of the pairs in a range of probabilities, the share of true ones."""
    counts, true = Counter[int](), Counter[int]()
    for pair, match in matches.items():
        step = sum(match.probability >= edge for edge in EDGES)
        counts[step] += 1
        true[step] += pair in same
    for step, edge in enumerate(EDGES, start=1):
        if counts[step]:
            yield f"p >= {edge}: {100 * true[step] / counts[step]:.1f} % of {counts[step]}"


if __name__ == "__main__":
    for number in (1, 2):
        people = read_febrl(number)
        households = with_households(people, Random(1))
        report(f"FEBRL {number}", people)
        report(f"FEBRL {number} without identifier and address", without_identifier_and_address(people))
        report(f"FEBRL {number} with households", households)
        report(
            f"FEBRL {number} with households, without identifier and address",
            without_identifier_and_address(households),
        )
