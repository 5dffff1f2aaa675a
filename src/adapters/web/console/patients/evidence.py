"""Why two records may describe one person, in words."""

from collections.abc import Iterable

from core.matching.scoring import Evidence
from core.matching.weights import Agreement, Field

_NOUNS = {
    Field.FIRST_NAME: "first name",
    Field.MIDDLE_NAME: "middle name",
    Field.LAST_NAME: "last name",
    Field.DATE_OF_BIRTH: "date of birth",
    Field.SEX: "sex",
    Field.PHONE: "phone",
    Field.EMAIL: "email",
    Field.ADDRESS: "address",
    Field.IDENTIFIER: "identifier",
}
_PHRASES = {
    Agreement.SAME: "same {}",
    Agreement.SIMILAR: "almost the same {}",
    Agreement.NICKNAME: "{} and its short form",
    Agreement.PARTIAL: "a part of the {} in common",
    Agreement.OTHER_NAME: "{} among the other names",
    Agreement.SWAPPED: "{} in place of another name",
    Agreement.SOUNDS_ALIKE: "{} that sounds alike",
    Agreement.INITIAL: "same initial of the {}",
    Agreement.YEAR_AND_MONTH: "same year and month of birth",
    Agreement.YEAR: "same year of birth",
    Agreement.SAME_AREA: "same town",
    Agreement.DIFFERENT: "different {}",
    Agreement.SHARED: "perhaps two people of one household",
}
_SPECIAL = {
    (Field.DATE_OF_BIRTH, Agreement.SIMILAR): "dates of birth one digit apart",
    (Field.DATE_OF_BIRTH, Agreement.SWAPPED): "day and month of birth the other way round",
    (Field.DATE_OF_BIRTH, Agreement.PARTIAL): "two of day, month and year of birth in common",
    (Field.PHONE, Agreement.SIMILAR): "phone numbers one digit apart",
    (Field.IDENTIFIER, Agreement.SIMILAR): "identifiers one character apart",
}


def explain_in_words(evidence: Iterable[Evidence]) -> str:
    """What speaks for one person first, then what speaks against it; each by its weight."""
    telling = [one for one in evidence if one.agreement in _PHRASES]
    telling.sort(key=lambda one: (one.weight < 0, -abs(one.weight), one.field))
    return ", ".join(_phrase(one.field, one.agreement) for one in telling)


def _phrase(field: Field, agreement: Agreement) -> str:
    return _SPECIAL.get((field, agreement)) or _PHRASES[agreement].format(_NOUNS.get(field, ""))
