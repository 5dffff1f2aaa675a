"""How the names of two people agree. Each function is symmetric."""

from collections.abc import Callable

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
    crossed = [compare_name(a.first_name, b.last_name), compare_name(a.last_name, b.first_name)]
    agreed = sum(agreement in _WELL_AGREED for agreement in crossed)
    if agreed + crossed.count(Agreement.MISSING) < len(crossed) or not agreed:
        return {}
    last = Agreement.SWAPPED if agreed == len(crossed) else Agreement.MISSING
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
    return next((agreement for agreement, applies in _LEVELS if applies(a, b)), Agreement.DIFFERENT)


def _similar(a: ComparableName, b: ComparableName) -> bool:
    is_typo = OSA.distance(a.text, b.text, score_cutoff=1) == 1
    return _likeness(a, b) >= _SIMILAR or (is_typo and min(len(a.text), len(b.text)) >= _MIN_LENGTH_FOR_TYPO)


def _sound_alike(a: ComparableName, b: ComparableName) -> bool:
    return _likeness(a, b) >= _ALIKE or (a.soundex == b.soundex != "")


def _likeness(a: ComparableName, b: ComparableName) -> float:
    """Depends on the order of the texts, hence sorted."""
    first, second = (a.text, b.text) if a.text < b.text else (b.text, a.text)
    return JaroWinkler.similarity(first, second, score_cutoff=_ALIKE)


_LEVELS: tuple[tuple[Agreement, Callable[[ComparableName, ComparableName], bool]], ...] = (
    (Agreement.SAME, lambda a, b: a.text == b.text),
    (Agreement.NICKNAME, lambda a, b: not a.full_forms.isdisjoint(b.full_forms)),
    (Agreement.PARTIAL, lambda a, b: a.words <= b.words or b.words <= a.words),
    (Agreement.SIMILAR, _similar),
    (Agreement.SOUNDS_ALIKE, _sound_alike),
)  # the first one that applies


def _compare_middle(a: ComparableName | None, b: ComparableName | None) -> Agreement:
    agreement = compare_name(a, b)
    if agreement in {Agreement.NICKNAME, Agreement.PARTIAL}:
        return Agreement.SIMILAR
    return Agreement.MISSING if agreement is Agreement.SOUNDS_ALIKE else agreement
