"""The probability that two records describe one person, with its explanation.

The Fellegi-Sunter model, with a mixture for "another person": a stranger, or one of about 2.5 household mates who
share family name, address and phone. Without the mixture, siblings and couples pass for one person.
"""

from collections.abc import Iterable
from enum import StrEnum
from math import exp2, log2

from attrs import frozen

from core.matching.comparable import ComparableDetails
from core.matching.comparison import compare, compare_all_but_addresses
from core.matching.weights import HOUSEHOLD_MATES, Agreement, Field, household_weight_of, weight_of

MIN_REGISTRY_SIZE = 1000
_NEGLIGIBLE = 0.01  # bits
_FIRST_NAMES_AGREE = frozenset(
    {Agreement.SAME, Agreement.SIMILAR, Agreement.NICKNAME}
    | {Agreement.PARTIAL, Agreement.OTHER_NAME, Agreement.SWAPPED}
)


class Grade(StrEnum):
    CERTAIN = "certain"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"


@frozen
class Thresholds:
    """The lowest probability of each grade. Nobody is certain above 1."""

    certain: float = 0.9999
    possible: float = 0.02

    @classmethod
    def parse(cls, certain: float, possible: float) -> "Thresholds":
        """Raises `ValueError`."""
        if not 0 < possible <= certain:
            raise ValueError("MATCH_POSSIBLE must be above 0 and at most MATCH_CERTAIN.")
        return cls(certain, possible)


DEFAULT_THRESHOLDS = Thresholds()


@frozen
class Evidence:
    """`weight` is in bits: positive for one person, negative for two."""

    field: Field
    agreement: Agreement
    weight: float


@frozen
class Match:
    """`score` is the sum of the weights of `evidence`, in bits. `probability` also considers the registry's size."""

    score: float
    probability: float
    grade: Grade
    evidence: tuple[Evidence, ...]


def explain(evidence: Iterable[Evidence]) -> list[dict[str, object]]:
    """As JSON values, the weights rounded to two decimals."""
    return [
        {"field": one.field.value, "agreement": one.agreement.value, "weight": round(one.weight, 2)} for one in evidence
    ]


def may_match(
    a: ComparableDetails, b: ComparableDetails, *, registry_size: int, thresholds: Thresholds = DEFAULT_THRESHOLDS
) -> bool:
    """False only if `score` grades the two as unlikely. Takes less time, because it compares no addresses."""
    agreements = compare_all_but_addresses(a, b)
    highest = sum(weight_of(field, agreement) for field, agreement in agreements.items())
    highest += weight_of(Field.ADDRESS, Agreement.SAME) + _NEGLIGIBLE
    return _probability(highest, max(registry_size, MIN_REGISTRY_SIZE)) >= thresholds.possible


def _probability(score: float, size: int) -> float:
    return 1 / (1 + exp2(log2(size) - score))


def score(
    a: ComparableDetails, b: ComparableDetails, *, registry_size: int, thresholds: Thresholds = DEFAULT_THRESHOLDS
) -> Match:
    """Symmetric. `registry_size` is the number of patients; a small registry counts as one of 1000."""
    size = max(registry_size, MIN_REGISTRY_SIZE)
    agreements = compare(a, b)
    evidence = (
        *(Evidence(field, agreement, weight_of(field, agreement)) for field, agreement in agreements.items()),
        _household(agreements, size),
    )
    total = sum(line.weight for line in evidence)
    probability = _probability(total, size)
    return Match(total, probability, _grade(probability, agreements[Field.FIRST_NAME], thresholds), evidence)


def _household(agreements: dict[Field, Agreement], size: int) -> Evidence:
    """What is subtracted because the two may live in one household."""
    share = HOUSEHOLD_MATES / size
    likelihood = exp2(sum(household_weight_of(field, agreement) for field, agreement in agreements.items()))
    weight = -log2(1 - share + share * likelihood)
    shared = weight < -_NEGLIGIBLE
    return Evidence(Field.HOUSEHOLD, Agreement.SHARED if shared else Agreement.NOT_SHARED, weight)


def _grade(probability: float, first_names: Agreement, thresholds: Thresholds) -> Grade:
    """Twins can share everything but their first names, so a match without them is never certain."""
    if probability >= thresholds.certain and first_names in _FIRST_NAMES_AGREE:
        return Grade.CERTAIN
    return Grade.POSSIBLE if probability >= thresholds.possible else Grade.UNLIKELY
