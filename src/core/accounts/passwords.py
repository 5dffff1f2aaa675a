import unicodedata
from threading import Lock

from core.errors import InvalidValue
from core.values import parse_str

MIN_PASSWORD_LENGTH = 10
MAX_PASSWORD_LENGTH = 256
_STRONG_ENOUGH = 3  # of zxcvbn's scores, from 0 to 4: a hundred million guesses do not find it
_LETTER_SIGNS = frozenset("4@8({[<3690!|1$5+7%2")  # zxcvbn tries each as the letters that it may stand for
_one_at_a_time = Lock()  # zxcvbn keeps what it was given in a global


def parse_password(raw: object) -> str:
    """One as it is hashed and compared: in NFKC (NIST SP 800-63B), so that every keyboard gives the same one.

    Raises `InvalidValue`.
    """
    return unicodedata.normalize("NFKC", parse_str(raw, MAX_PASSWORD_LENGTH))


def parse_new_password(raw: object, email: str) -> str:
    """A password fit to be set. One that can be guessed from the email, lists of passwords or patterns is refused.

    Raises `InvalidValue`.
    """
    from zxcvbn import zxcvbn  # noqa: PLC0415 (its lists of words take 15 MB, which few programs need)

    if (
        len(chosen := parse_str(raw)) > MAX_PASSWORD_LENGTH
        or len(chosen := parse_password(chosen)) < MIN_PASSWORD_LENGTH
    ):
        raise InvalidValue("length", f"Must be {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters.")
    parts = [email, *email.split("@"), *email.replace("@", ".").split(".")]
    with _one_at_a_time:
        score = zxcvbn(_judged(chosen), user_inputs=parts)["score"]
    if score < _STRONG_ENOUGH:
        raise InvalidValue("guessable", "Too easy to guess. Use several words that are unrelated to you.")
    return chosen


def _judged(password: str) -> str:
    """So much of it as zxcvbn judges within 0.1 s: its time doubles with every few characters and signs."""
    return password[: 24 if len(_LETTER_SIGNS.intersection(password)) <= 8 else 14]
