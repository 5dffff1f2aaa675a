"""The page on matching has the weights of the code."""

import re
from collections.abc import Iterator

from core.matching.scoring import DEFAULT_THRESHOLDS
from core.matching.weights import HOUSEHOLD_MATES, LEVELS, Level
from tests.documents import ROOT

PAGE = (ROOT / "docs" / "matching.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `[a-z_]+` \|.* [+-][\d.]+ \|$", re.MULTILINE)


def rows() -> Iterator[str]:
    for field, levels in LEVELS.items():
        for agreement, level in levels.items():
            yield f"| `{field}` | `{agreement}` | {shares(level)} | {level.weight:+.1f} | {against_mates(level):+.1f} |"


def shares(level: Level) -> str:
    return " | ".join(f"{100 * share:.4g} %" for share in (level.same_person, level.by_chance, level.in_household))


def against_mates(level: Level) -> float:
    return level.weight - level.household_weight


def test_the_documented_weights_match_the_code() -> None:
    assert _ROW.findall(PAGE) == list(rows())


def test_the_page_states_the_thresholds_and_the_size_of_a_household() -> None:
    assert f"at least {DEFAULT_THRESHOLDS.certain}, and the first names agree" in PAGE
    assert f"at least {DEFAULT_THRESHOLDS.possible}: a person must decide" in PAGE
    assert f"{HOUSEHOLD_MATES} of the N people are household mates" in PAGE
