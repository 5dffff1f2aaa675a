import re

from core.patients.fields import FieldJson

_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")


def record_from(words: str) -> dict[str, FieldJson]:
    """The form of a new patient begins with what was searched for: a first and a last name, an email, a date."""
    record: dict[str, FieldJson] = {}
    names: list[str] = []
    for word in words[:250].split():
        if "@" in word:
            record["email"] = word
        elif _DATE.fullmatch(word):
            record["date_of_birth"] = word
        elif not any(c.isdecimal() for c in word):
            names.append(word.capitalize() if word.islower() else word)
    return record | dict(zip(("first_name", "last_name"), (*names[:1], " ".join(names[1:])), strict=False))
