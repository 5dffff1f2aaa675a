from threading import Lock

from core.errors import Refused
from core.values import text

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256
_STRONG_ENOUGH = 3  # of zxcvbn's scores, from 0 to 4: a hundred million guesses do not find it
_MOST_JUDGED = 24  # characters: judging three times as many takes seconds
_one_at_a_time = Lock()  # zxcvbn keeps what it was given in a global


def new_password(raw: object, email: str) -> str:
    """A password fit to be set. One that can be guessed from the email, lists of passwords or patterns is refused.

    Raises `Refused`.
    """
    from zxcvbn import zxcvbn  # noqa: PLC0415 (its lists of words take 15 MB, which few programs need)

    password = text(raw)
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refused("length", f"Give a password of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")
    parts = [email, *email.split("@"), *email.replace("@", ".").split(".")]
    with _one_at_a_time:
        score = zxcvbn(password[:_MOST_JUDGED], user_inputs=parts)["score"]
    if score < _STRONG_ENOUGH:
        raise Refused("guessable", "This is easy to guess. Take several words that have nothing to do with you.")
    return password
