"""Names of columns and JSON members."""

from unicodedata import normalize

from core.patients.fields import SETTABLE

MAX_COLUMN_NAME = 200

READ_ONLY = frozenset(
    {"id", "full_name", "age", "merged_into", "version", "last_synced_at", "created_at", "updated_at"}
)
REJECT_COLUMNS = ("line", "field", "reason")  # the first columns of a rejects file

_INSIGNIFICANT = str.maketrans("", "", " \t\r\n\u00a0-_.")
_SYNONYMS = {
    "first_name": "first, given, given name, given names, forename, forenames, first names, fname",
    "last_name": "last, surname, surnames, family, family name, last names, lname",
    "email": "mail, email address, mail address, email id",
    "phone": "telephone, tel, mobile, cell, phone number, telephone number, mobile number, mobile phone, cell phone",
    "date_of_birth": "dob, birth date, birthday, born, date of birth (dob)",
    "middle_name": "middle, middle names, second name, mname",
    "prefix": "title, name prefix, salutation",
    "suffix": "name suffix",
    "deceased": "date of death, death date, died, dod",
    "language": "preferred language, lang",
    "sex": "gender, administrative sex, administrative gender",
    "identifiers": "identifier",
    "external_id": "source id",
}


def normalize_name(column: str) -> str:
    """Ignores case, Unicode composition, spaces, line ends, dashes, underscores and dots. Returns longer names than
    `MAX_COLUMN_NAME` unchanged."""
    if len(column) > MAX_COLUMN_NAME:
        return column
    return normalize("NFC", column).casefold().translate(_INSIGNIFICANT)


_FIELDS = {normalize_name(name): name for name in SETTABLE} | {
    normalize_name(synonym): name for name, synonyms in _SYNONYMS.items() for synonym in synonyms.split(",")
}
_IGNORED = {normalize_name(name) for name in [*READ_ONLY, *REJECT_COLUMNS]}


def field_of(column: str) -> str | None:
    """The field of a column, "" for an ignored column, None for an unknown one."""
    name = normalize_name(column)
    return "" if name in _IGNORED else _FIELDS.get(name)
