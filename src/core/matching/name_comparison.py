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
    if swapped and _sum(swapped) > _sum(straight):
        return swapped | {Field.MIDDLE_NAME: Agreement.MISSING}
    return straight | {Field.MIDDLE_NAME: _compare_middle(a.middle_name, b.middle_name)}


def _compare_swapped(a: ComparableDetails, b: ComparableDetails) -> dict[Field, Agreement]:
    agreed = 0
    for one, other in ((a.first_name, b.last_name), (a.last_name, b.first_name)):
        agreement = compare_name(one, other)
        if agreement in _WELL_AGREED:
            agreed += 1
        elif agreement is not Agreement.MISSING:
            return {}
    if not agreed:
        return {}
    last = Agreement.SWAPPED if agreed == 2 else Agreement.MISSING
    return {Field.FIRST_NAME: Agreement.SWAPPED, Field.LAST_NAME: last}


def _sum(agreements: dict[Field, Agreement]) -> float:
    return sum(weight_of(field, agreement) for field, agreement in agreements.items())


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
    return max(agreement, Agreement.OTHER_NAME, key=lambda found: weight_of(field, found))


def compare_name(a: ComparableName | None, b: ComparableName | None) -> Agreement:
    if a is None or b is None:
        return Agreement.MISSING
    if min(len(a.text), len(b.text)) == 1:
        return Agreement.INITIAL if a.text[0] == b.text[0] else Agreement.DIFFERENT
    if a.text == b.text:
        return Agreement.SAME
    if not a.full_forms.isdisjoint(b.full_forms):
        return Agreement.NICKNAME
    if a.words <= b.words or b.words <= a.words:
        return Agreement.PARTIAL
    return _compare_spelling(a, b)


def _compare_spelling(a: ComparableName, b: ComparableName) -> Agreement:
    first, second = sorted((a.text, b.text))  # the similarity depends on the order
    similarity = JaroWinkler.similarity(first, second, score_cutoff=_ALIKE)
    if similarity >= _SIMILAR or _is_typo(first, second):
        return Agreement.SIMILAR
    if similarity >= _ALIKE or a.soundex == b.soundex != "":
        return Agreement.SOUNDS_ALIKE
    return Agreement.DIFFERENT


def _is_typo(a: str, b: str) -> bool:
    return min(len(a), len(b)) >= _MIN_LENGTH_FOR_TYPO and OSA.distance(a, b, score_cutoff=1) == 1


def _compare_middle(a: ComparableName | None, b: ComparableName | None) -> Agreement:
    agreement = compare_name(a, b)
    if agreement in {Agreement.NICKNAME, Agreement.PARTIAL}:
        return Agreement.SIMILAR
    return Agreement.MISSING if agreement is Agreement.SOUNDS_ALIKE else agreement
