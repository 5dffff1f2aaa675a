import hmac
import json
from collections.abc import Mapping
from uuid import UUID

from attrs import field, frozen

from core.access import Actor
from core.access_log.entities import AccessAction, AccessEntry
from core.access_log.ports import AccessLog
from core.ports import Clock

_UNSEARCHED = {"cursor", "limit", "count", "errors"}
_DIGEST_BYTES = 16


@frozen
class AccessRecorder:
    log: AccessLog
    clock: Clock
    secret: str = field(repr=False)

    def record(
        self,
        actor: Actor,
        action: AccessAction,
        *,
        patient_id: UUID | None = None,
        count: int | None = None,
        detail: str = "",
    ) -> None:
        """Raises `Unavailable`."""
        entry = AccessEntry(
            at=self.clock.now(),
            actor=actor.name,
            action=action,
            patient_id=patient_id,
            count=count,
            detail=detail,
            address=actor.address,
            request_id=actor.request_id,
        )
        self.log.record(entry)

    def digest(self, filters: Mapping[str, object]) -> str:
        """The same for the same filters on every page; empty without filters. Nobody without the secret can find out
        what was searched for."""
        used = {name: str(value) for name, value in filters.items() if name not in _UNSEARCHED}
        if not used:
            return ""
        content = json.dumps(used, sort_keys=True).encode()
        return hmac.digest(self.secret.encode(), content, "sha256")[:_DIGEST_BYTES].hex()
