import unicodedata
from threading import Lock

from core.errors import InvalidValue
from core.values import parse_str

MIN_PASSWORD_LENGTH = 10
MAX_PASSWORD_LENGTH = 256
_MIN_SCORE = 3  # of zxcvbn, from 0 to 4: takes more than 10^8 guesses
_LETTER_SIGNS = frozenset("4@8({[<3690!|1$5+7%2")  # zxcvbn tries every letter that each may stand for
_zxcvbn_lock = Lock()  # zxcvbn stores its input in a global


def parse_password(raw: object) -> str:
    """In NFKC (NIST SP 800-63B), so that every keyboard produces the same password. Raises `InvalidValue`."""
    return unicodedata.normalize("NFKC", parse_str(raw, MAX_PASSWORD_LENGTH))


def parse_new_password(raw: object, email: str) -> str:
    """Raises `InvalidValue`, also for a password that is easy to guess from the email, known passwords or patterns."""
    from zxcvbn import zxcvbn  # noqa: PLC0415 (loads 15 MB of word lists)

    if (
        len(chosen := parse_str(raw)) > MAX_PASSWORD_LENGTH
        or len(chosen := parse_password(chosen)) < MIN_PASSWORD_LENGTH
    ):
        raise InvalidValue("length", f"Must be {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters.")
    parts = [email, *email.split("@"), *email.replace("@", ".").split(".")]
    with _zxcvbn_lock:
        score = zxcvbn(_scored_part(chosen), user_inputs=parts)["score"]
    if score < _MIN_SCORE:
        raise InvalidValue("guessable", "Too easy to guess. Use several words that are unrelated to you.")
    return chosen


def _scored_part(password: str) -> str:
    """A prefix that zxcvbn scores within 0.1 s: its run time grows exponentially with length and symbols."""
    return password[: 24 if len(_LETTER_SIGNS.intersection(password)) <= 8 else 14]
