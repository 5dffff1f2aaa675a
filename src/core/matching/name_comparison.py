"""How the names of two people agree. Each function is symmetric."""

from rapidfuzz.distance import OSA, JaroWinkler

from core.matching.comparable import ComparableDetails, ComparableName
from core.matching.weights import Agreement, Field, weight_of

_SIMILAR = 0.92  # Jaro-Winkler
_ALIKE = 0.84
_MIN_LENGTH_FOR_TYPO = 4
_WELL_AGREED = {Agreement.SAME, Agreement.SIMILAR}

Names = tuple[ComparableName, ...]


def compare_names(a: ComparableDetails, b: ComparableDetails) -> dict[Field, Agreement]:
    straight = {
        Field.FIRST_NAME: _best(Field.FIRST_NAME, a.first_name, b.first_name, a.other_first_names, b.other_first_names),
        Field.LAST_NAME: _best(Field.LAST_NAME, a.last_name, b.last_name, a.other_last_names, b.other_last_names),
    }
    swapped = _compare_swapped(a, b)
    if _sum(swapped) > _sum(straight):
        return swapped | {Field.MIDDLE_NAME: Agreement.MISSING}
    return straight | {Field.MIDDLE_NAME: _compare_middle(a.middle_name, b.middle_name)}


def _compare_swapped(a: ComparableDetails, b: ComparableDetails) -> dict[Field, Agreement]:
    crossed = [compare_name(a.first_name, b.last_name), compare_name(a.last_name, b.first_name)]
    agreed = sum(agreement in _WELL_AGREED for agreement in crossed)
    if agreed + crossed.count(Agreement.MISSING) < len(crossed) or not agreed:
        return {}
    last = Agreement.SWAPPED if agreed == len(crossed) else Agreement.MISSING
    return {Field.FIRST_NAME: Agreement.SWAPPED, Field.LAST_NAME: last}


def _sum(agreements: dict[Field, Agreement]) -> float:
    return sum(weight_of(field, agreement) for field, agreement in agreements.items()) if agreements else float("-inf")


def _best(
    field: Field, a: ComparableName | None, b: ComparableName | None, others_of_a: Names, others_of_b: Names
) -> Agreement:
    agreement = compare_name(a, b)
    if agreement is Agreement.SAME:
        return agreement
    crossed = [(a, other) for other in others_of_b] + [(other, b) for other in others_of_a]
    if field is Field.LAST_NAME:
        crossed += [(one, other) for one in others_of_a for other in others_of_b]
    if not any(compare_name(one, other) in _WELL_AGREED for one, other in crossed):
        return agreement
    return max(agreement, Agreement.OTHER_NAME, key=lambda found: (weight_of(field, found), found))


def compare_name(a: ComparableName | None, b: ComparableName | None) -> Agreement:  # noqa: PLR0911
    if a is None or b is None:
        return Agreement.MISSING
    shorter = min(len(a.text), len(b.text))
    if shorter == 1:
        return Agreement.INITIAL if a.text[0] == b.text[0] else Agreement.DIFFERENT
    if a.text == b.text:
        return Agreement.SAME
    if a.full_forms & b.full_forms:
        return Agreement.NICKNAME
    if len(a.words) != len(b.words) and (a.words <= b.words or b.words <= a.words):
        return Agreement.PARTIAL
    likeness = JaroWinkler.similarity(*sorted((a.text, b.text)))  # it depends on the order of its arguments
    typo = shorter >= _MIN_LENGTH_FOR_TYPO and OSA.distance(a.text, b.text, score_cutoff=1) == 1
    if likeness >= _SIMILAR or typo:
        return Agreement.SIMILAR
    if likeness >= _ALIKE or (a.soundex and a.soundex == b.soundex):
        return Agreement.SOUNDS_ALIKE
    return Agreement.DIFFERENT


def _compare_middle(a: ComparableName | None, b: ComparableName | None) -> Agreement:
    agreement = compare_name(a, b)
    if agreement in {Agreement.NICKNAME, Agreement.PARTIAL}:
        return Agreement.SIMILAR
    return Agreement.MISSING if agreement is Agreement.SOUNDS_ALIKE else agreement
