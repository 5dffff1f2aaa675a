"""Values that stand for a missing value. They are equal for many people, so they are no evidence."""

_NO_VALUE = frozenset(
    {"anonymous", "fnu", "lnu", "missing", "nil", "no name", "no mail", "no email", "noemail", "nomail", "none"}
    | {"noreply", "no reply", "not given", "not known", "not provided", "null", "pending", "refused", "tba", "tbc"}
    | {"tbd", "test", "unbekannt", "unk", "unknown", "unnamed", "n a", "xx"}
)
_NEWBORN = frozenset({"baby", "bb", "infant", "newborn", "twin", "triplet"})
_ROLES = frozenset({"boy", "daughter", "father", "female", "girl", "male", "mother", "patient"})  # Son is a name
_NO_ADDRESS = frozenset({"general delivery", "homeless", "no fixed abode", "no fixed address", "nfa"})
_NO_DATE = frozenset({"1900-01-01", "1901-01-01"})
_ASCENDING = "01234567890"
_DESCENDING = _ASCENDING[::-1]
_MIN_SEQUENCE_LENGTH = 4
_MIN_REPEATED_LETTERS = 3
_SUBSCRIBER_DIGITS = 7


def is_placeholder_text(words: list[str]) -> bool:
    """Here and below, `words` are folded."""
    return " ".join(words) in _NO_VALUE or not words


def is_placeholder_name(words: list[str]) -> bool:
    """Newborns without a name are often called "Baby Boy" or "Baby of Ann"."""
    if is_placeholder_text(words) or words[0] in _NEWBORN or all(word in _ROLES for word in words):
        return True
    joined = "".join(words)
    return len(joined) >= _MIN_REPEATED_LETTERS and len(set(joined)) == 1


def is_placeholder_number(words: list[str]) -> bool:
    """One repeated character, such as 000-00-0000, or digits in sequence, such as 123456789."""
    joined = "".join(words)
    if len(set(joined)) < 2 or is_placeholder_text(words):
        return True
    return len(joined) >= _MIN_SEQUENCE_LENGTH and (joined in _ASCENDING or joined in _DESCENDING)


def is_placeholder_phone(e164: str) -> bool:
    return is_placeholder_number([e164[-_SUBSCRIBER_DIGITS:]])


def is_placeholder_email(words_of_local_part: list[str]) -> bool:
    return is_placeholder_text(words_of_local_part) or words_of_local_part == ["patient"]


def is_placeholder_line(words: list[str]) -> bool:
    return is_placeholder_text(words) or " ".join(words) in _NO_ADDRESS


def is_placeholder_date(iso: str) -> bool:
    return iso in _NO_DATE
