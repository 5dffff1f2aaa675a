"""Seals of audit rows: somebody who can write to the database, but does not have the key, cannot make one."""

import hmac
import json
from collections.abc import Sequence
from typing import TypeAlias

from attrs import field, frozen

Content: TypeAlias = "Sequence[str | int | list[str] | None]"


@frozen
class Sealer:
    """Makes seals with the first key, and accepts those of every key."""

    keys: tuple[str, ...] = field(repr=False)

    def seal(self, content: Content) -> str:
        return _seal(self.keys[0], content)

    def matches(self, content: Content, seal: str) -> bool:
        return any(hmac.compare_digest(_seal(key, content).encode(), seal.encode()) for key in self.keys)


def _seal(key: str, content: Content) -> str:
    return hmac.digest(key.encode(), json.dumps(content).encode(), "sha256").hex()
