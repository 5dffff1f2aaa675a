"""Answers that are kept, so that a repeated request changes nothing a second time."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from attrs import field, frozen

from core.errors import InvalidValue

MAX_KEY_LENGTH = 255
KEEP_ANSWERS = timedelta(hours=24)

_KEY = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY_LENGTH}}}")
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@frozen
class Answer:
    """What a request was answered with."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def ids(self) -> frozenset[UUID]:
        """Of every record that it names: when one of them is erased, the answer must go."""
        named = self.body + " ".join(self.headers.values()).encode()
        return frozenset(UUID(found.decode()) for found in _UUID.findall(named))


@frozen
class StoredAnswer:
    """The answer to the request that an actor sent first with a key. `seal` is of that request and of the actor's
    permissions. `answer` is None once a record that it names was erased, or its encryption key is gone."""

    actor: str
    key: str
    seal: str
    at: datetime
    answer: Answer | None


def parse_key(raw: str) -> str:
    """Raises `InvalidValue`."""
    if not _KEY.fullmatch(raw):
        raise InvalidValue("invalid", f"Must be 1 to {MAX_KEY_LENGTH} visible ASCII characters, such as a random UUID.")
    return raw
