"""What columns and members are called."""

from unicodedata import normalize

from core.patients.entities import SETTABLE

MAX_COLUMN_NAME = 200

READ_ONLY = frozenset({"id", "full_name", "age", "version", "last_synced_at", "created_at", "updated_at"})
OF_REJECTS = ("line", "field", "reason")  # the columns that a file of rejects has in front

_NO_DIFFERENCE = str.maketrans("", "", " \t\r\n\u00a0-_.")
_SYNONYMS = {
    "first_name": "first, given, given name, given names, forename, forenames, first names, fname",
    "last_name": "last, surname, surnames, family, family name, last names, lname",
    "email": "mail, email address, mail address, email id",
    "phone": "telephone, tel, mobile, cell, phone number, telephone number, mobile number, mobile phone, cell phone",
    "date_of_birth": "dob, birth date, birthday, born, date of birth (dob)",
    "sex": "gender, administrative sex, administrative gender",
    "identifiers": "identifier",
    "external_id": "source id",
}


def folded(column: str) -> str:
    """Case, spaces, line ends, dashes, underscores and dots make no difference between names, nor how letters with
    marks are composed. What is too long for a name stays as it is."""
    if len(column) > MAX_COLUMN_NAME:
        return column
    return normalize("NFC", column).casefold().translate(_NO_DIFFERENCE)


_FIELDS = {folded(name): name for name in SETTABLE} | {
    folded(synonym): name for name, synonyms in _SYNONYMS.items() for synonym in synonyms.split(",")
}
_PASSED_OVER = {folded(name) for name in [*READ_ONLY, *OF_REJECTS]}


def field_of(column: str) -> str | None:
    """The field a column holds, "" for a column that is passed over, None for one that nobody knows."""
    name = folded(column)
    return "" if name in _PASSED_OVER else _FIELDS.get(name)
