"""How the details of two people agree, field by field. Each function is symmetric."""

from collections.abc import Sequence, Set
from itertools import product

from rapidfuzz.distance import OSA, Indel
from rapidfuzz.process import extractOne

from core.matching.comparable import ComparableDetails
from core.matching.comparable_addresses import ComparableAddress
from core.matching.name_comparison import compare_names
from core.matching.weights import Agreement, Field, weight_of
from core.patients.values import Identifier, Sex

_SIMILAR_ADDRESS = 0.75
_SAME_STREET = 0.85
_MIN_LENGTH_FOR_TYPO = 5
_FULL_DATE_LENGTH = len("YYYY-MM-DD")


def compare(a: ComparableDetails, b: ComparableDetails) -> dict[Field, Agreement]:
    return compare_all_but_addresses(a, b) | {Field.ADDRESS: _compare_addresses(a.addresses, b.addresses)}


def compare_all_but_addresses(a: ComparableDetails, b: ComparableDetails) -> dict[Field, Agreement]:
    return compare_names(a, b) | {
        Field.DATE_OF_BIRTH: compare_dates(a.date_of_birth, b.date_of_birth),
        Field.SEX: _compare_sex(a.sex, b.sex),
        Field.PHONE: _compare_sets(a.phones, b.phones),
        Field.EMAIL: _compare_sets(a.emails, b.emails),
        Field.ADDRESS: Agreement.MISSING,
        Field.IDENTIFIER: _compare_identifiers(a.identifiers, b.identifiers),
    }


def compare_dates(a: str | None, b: str | None) -> Agreement:
    """`a` and `b` are YYYY, YYYY-MM or YYYY-MM-DD."""
    if a is None or b is None:
        return Agreement.MISSING
    if len(a) == len(b) == _FULL_DATE_LENGTH:
        return _compare_full_dates(a, b)
    precision = min(len(a), len(b))
    if a[:precision] != b[:precision]:
        return Agreement.DIFFERENT
    return Agreement.YEAR if precision == len("YYYY") else Agreement.YEAR_AND_MONTH


def _compare_full_dates(a: str, b: str) -> Agreement:
    if a == b:
        return Agreement.SAME
    (year, month, day), other = a.split("-"), b.split("-")
    if [year, day, month] == other:
        return Agreement.SWAPPED
    if OSA.distance(a, b, score_cutoff=1) == 1:
        return Agreement.SIMILAR
    return Agreement.PARTIAL if sum(map(str.__eq__, (year, month, day), other)) == 2 else Agreement.DIFFERENT


def _compare_sex(a: Sex, b: Sex) -> Agreement:
    if Sex.UNKNOWN in {a, b}:
        return Agreement.MISSING
    return Agreement.SAME if a is b else Agreement.DIFFERENT


def _compare_sets(a: Set[str], b: Set[str]) -> Agreement:
    if not a or not b:
        return Agreement.MISSING
    if a & b:
        return Agreement.SAME
    similar = any(OSA.distance(one, other, score_cutoff=1) == 1 for one, other in product(a, b))
    return Agreement.SIMILAR if similar else Agreement.DIFFERENT


def _compare_identifiers(a: Set[Identifier], b: Set[Identifier]) -> Agreement:
    """Only within one system. One number that agrees outweighs others that differ: many systems issue several."""
    if a & b:
        return Agreement.SAME
    values = [(one.value, other.value) for one, other in product(a, b) if one.system == other.system]
    if not values:
        return Agreement.MISSING
    similar = any(
        min(len(one), len(other)) >= _MIN_LENGTH_FOR_TYPO and OSA.distance(one, other, score_cutoff=1) == 1
        for one, other in values
    )
    return Agreement.SIMILAR if similar else Agreement.DIFFERENT


def _compare_addresses(a: Sequence[ComparableAddress], b: Sequence[ComparableAddress]) -> Agreement:
    """The best pair counts: people move."""
    found = {compare_address(one, other) for one, other in product(a, b)} - {Agreement.MISSING}
    return max(found, key=lambda agreement: weight_of(Field.ADDRESS, agreement), default=Agreement.MISSING)


def compare_address(a: ComparableAddress, b: ComparableAddress) -> Agreement:
    same_area = _same_area(a, b)
    if a.streets and b.streets:
        if _same_house(a, b) and same_area is not False and _same_street(a, b):
            return Agreement.SAME
        if Indel.normalized_similarity(a.sorted_text, b.sorted_text) >= _SIMILAR_ADDRESS:
            return Agreement.SIMILAR
    if same_area is None:
        return Agreement.DIFFERENT if a.streets and b.streets else Agreement.MISSING
    return Agreement.SAME_AREA if same_area else Agreement.DIFFERENT


def _same_house(a: ComparableAddress, b: ComparableAddress) -> bool:
    """One of them may lack the number of the flat."""
    fewer, more = sorted((a.house_numbers, b.house_numbers), key=len)
    return fewer <= more and bool(fewer) == bool(more)


def _same_area(a: ComparableAddress, b: ComparableAddress) -> bool | None:
    """By postal code or city; None if neither is present in both."""
    both = [(one, other) for one, other in ((a.postal_code, b.postal_code), (a.city, b.city)) if one and other]
    return any(one == other for one, other in both) if both else None


def _same_street(a: ComparableAddress, b: ComparableAddress) -> bool:
    return any(
        extractOne(street, b.streets, scorer=Indel.normalized_similarity, score_cutoff=_SAME_STREET)
        for street in a.streets
    )
