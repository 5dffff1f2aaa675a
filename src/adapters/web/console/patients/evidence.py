"""Why two records may describe one person, in words."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from adapters.web.formats import listed
from core.matching.scoring import Evidence
from core.matching.weights import Agreement, Field

_NOUNS: dict[Field, str | Promise] = {
    Field.FIRST_NAME: gettext_lazy("first name"),
    Field.MIDDLE_NAME: gettext_lazy("middle name"),
    Field.LAST_NAME: gettext_lazy("last name"),
    Field.DATE_OF_BIRTH: gettext_lazy("date of birth"),
    Field.SEX: gettext_lazy("sex"),
    Field.PHONE: gettext_lazy("phone"),
    Field.EMAIL: gettext_lazy("email"),
    Field.ADDRESS: gettext_lazy("address"),
    Field.IDENTIFIER: gettext_lazy("identifier"),
}
_PHRASES: dict[Agreement, str | Promise] = {
    Agreement.SAME: gettext_lazy("same {detail}"),
    Agreement.SIMILAR: gettext_lazy("almost the same {detail}"),
    Agreement.NICKNAME: gettext_lazy("{detail} and its short form"),
    Agreement.PARTIAL: gettext_lazy("a part of the {detail} in common"),
    Agreement.OTHER_NAME: gettext_lazy("{detail} among the other names"),
    Agreement.SWAPPED: gettext_lazy("{detail} in place of another name"),
    Agreement.SOUNDS_ALIKE: gettext_lazy("{detail} that sounds alike"),
    Agreement.INITIAL: gettext_lazy("same initial of the {detail}"),
    Agreement.YEAR_AND_MONTH: gettext_lazy("same year and month of birth"),
    Agreement.YEAR: gettext_lazy("same year of birth"),
    Agreement.SAME_AREA: gettext_lazy("same town"),
    Agreement.DIFFERENT: gettext_lazy("different {detail}"),
    Agreement.SHARED: gettext_lazy("perhaps two people of one household"),
}
_SPECIAL: dict[tuple[Field, Agreement], str | Promise] = {
    (Field.DATE_OF_BIRTH, Agreement.SIMILAR): gettext_lazy("dates of birth one digit apart"),
    (Field.DATE_OF_BIRTH, Agreement.SWAPPED): gettext_lazy("day and month of birth the other way round"),
    (Field.DATE_OF_BIRTH, Agreement.PARTIAL): gettext_lazy("two of day, month and year of birth in common"),
    (Field.PHONE, Agreement.SIMILAR): gettext_lazy("phone numbers one digit apart"),
    (Field.IDENTIFIER, Agreement.SIMILAR): gettext_lazy("identifiers one character apart"),
}


def explain_in_words(evidence: Iterable[Evidence]) -> str:
    """What speaks for one person first, then what speaks against it; each by its weight."""
    telling = [one for one in evidence if one.agreement in _PHRASES]
    telling.sort(key=lambda one: (one.weight < 0, -abs(one.weight), one.field))
    return listed(_phrase(one.field, one.agreement) for one in telling)


def _phrase(field: Field, agreement: Agreement) -> str:
    phrase = _SPECIAL.get((field, agreement)) or _PHRASES[agreement]
    return str(phrase).format(detail=_NOUNS.get(field, ""))
