"""The largest record that the limits of its fields allow."""

from random import Random
from string import ascii_lowercase, digits

from core.matching.details import PersonDetails
from core.patients.dates import PartialDate
from core.patients.demographics import (
    MAX_ADDRESS_LENGTH,
    MAX_ADDRESS_LINES,
    MAX_ADDRESSES,
    MAX_OTHER_NAMES,
    MAX_OTHER_PHONES,
    MAX_POSTAL_CODE_LENGTH,
    Address,
    NameUse,
    OtherName,
)
from core.patients.values import (
    MAX_E164_LENGTH,
    MAX_IDENTIFIER_VALUE_LENGTH,
    MAX_IDENTIFIERS,
    MAX_NAME_LENGTH,
    Identifier,
    Sex,
)


def largest(number: int) -> PersonDetails:
    """Different in every text, but alike in house numbers and city, so that no comparison is skipped."""
    random = Random(number)

    def text(length: int, letters: str = "abcdefghijklmnopqrstuvwxyz ") -> str:
        return "".join(random.choices(letters, k=length))

    def address() -> Address:
        lines = tuple(f"12 {text(MAX_ADDRESS_LENGTH - 3)}" for _ in range(MAX_ADDRESS_LINES))
        return Address(lines=lines, city="Salem", postal_code=text(MAX_POSTAL_CODE_LENGTH))

    return PersonDetails(
        first_name=text(MAX_NAME_LENGTH),
        middle_name=text(MAX_NAME_LENGTH),
        last_name=text(MAX_NAME_LENGTH),
        other_names=tuple(
            OtherName(use=NameUse.ALIAS, first_name=text(MAX_NAME_LENGTH), last_name=text(MAX_NAME_LENGTH))
            for _ in range(MAX_OTHER_NAMES)
        ),
        date_of_birth=PartialDate(f"{1900 + 13 * number}-0{number}-1{number}"),
        sex=Sex.FEMALE,
        phones=tuple(f"+44{text(MAX_E164_LENGTH - 3, digits)}" for _ in range(MAX_OTHER_PHONES + 1)),
        emails=tuple(f"{text(64, ascii_lowercase)}@{text(189, ascii_lowercase)}" for _ in range(5)),
        addresses=tuple(address() for _ in range(MAX_ADDRESSES)),
        identifiers=tuple(Identifier("mrn", text(MAX_IDENTIFIER_VALUE_LENGTH)) for _ in range(MAX_IDENTIFIERS)),
    )


LARGEST = largest(1)
