import hmac
import json
from collections.abc import Collection, Mapping
from typing import Unpack, cast
from uuid import UUID

from attrs import field, frozen

from core.access import Actor
from core.access_log.entities import AccessAction, AccessEntry, Seen
from core.access_log.ports import AccessLog
from core.ports import Clock

MAX_NAMED = 20
_DIGEST_BYTES = 16


@frozen
class AccessRecorder:
    log: AccessLog
    clock: Clock
    secret: str = field(repr=False)

    def record(self, actor: Actor, action: AccessAction, **seen: Unpack[Seen]) -> None:
        """Raises `Unavailable`."""
        entry = AccessEntry(
            at=self.clock.now(),
            actor=actor.name,
            action=action,
            address=actor.address,
            request_id=actor.request_id,
            **seen,
        )
        self.log.record(entry)

    def record_each(self, actor: Actor, action: AccessAction, ids: Collection[UUID], *, detail: str = "") -> None:
        """Names each patient of a short list, so that their records show who found them; otherwise their number."""
        if not 0 < len(ids) <= MAX_NAMED:
            self.record(actor, action, count=len(ids), detail=detail)
            return
        for patient_id in ids:
            self.record(actor, action, patient_id=patient_id, detail=detail)

    def digest(self, filters: Mapping[str, object]) -> str:
        """The same for the same filters; empty without any. Nobody without the secret can find out what they are."""
        used = {name: _plain(value) for name, value in filters.items() if value}
        if not used:
            return ""
        content = json.dumps(used, sort_keys=True, default=str).encode()
        return hmac.digest(self.secret.encode(), content, "sha256")[:_DIGEST_BYTES].hex()


def _plain(value: object) -> object:
    return sorted(map(str, cast("frozenset[object]", value))) if isinstance(value, frozenset) else value
