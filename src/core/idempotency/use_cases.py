from collections.abc import Callable
from hashlib import sha256

from attrs import frozen

from core.access import Actor, Permission
from core.errors import parse_field
from core.idempotency.entities import KEEP_ANSWERS, Answer, StoredAnswer, parse_key
from core.idempotency.errors import AnswerGone, KeyReused
from core.idempotency.ports import StoredAnswers
from core.ports import Atomic, Clock
from core.seals import Sealer


@frozen
class AnswerOnce:
    """Answers a request, and answers the same request with the same key alike for 24 hours, without doing it again.

    `work` runs in one transaction with the stored answer. An error of it is not stored: it changed nothing, so the
    request may be repeated. Of equal requests at once, one is done and the others wait for its answer. A repetition
    must have the same permissions, because another service key of the account may have fewer.
    Returns the answer, and whether it is a repetition. Raises `ValidationError` for the key, `KeyReused`,
    and `AnswerGone`.
    """

    answers: StoredAnswers
    sealer: Sealer
    atomic: Atomic
    clock: Clock

    def __call__(
        self, *, actor: Actor, key: str, operation: str, request: bytes, work: Callable[[], Answer]
    ) -> tuple[Answer, bool]:
        """`request` is everything that makes the request what it is, as bytes."""
        parse_field("Idempotency-Key", lambda raw: parse_key(str(raw)), key)
        content = (operation, sha256(request).hexdigest(), *sorted(actor.permissions))

        def answer() -> tuple[Answer, bool]:
            now = self.clock.now()
            stored = self.answers.claim(actor.name, key)
            if stored and now - stored.at < KEEP_ANSWERS:
                if not self.sealer.matches(content, stored.seal):
                    raise KeyReused
                if stored.answer is None:
                    raise AnswerGone
                return stored.answer, True
            made = work()
            self.answers.save(StoredAnswer(actor.name, key, self.sealer.seal(content), now, made))
            return made, False

        return self.atomic(answer)


@frozen
class PurgeAnswers:
    """Removes stored answers after 24 hours. Raises `Forbidden`."""

    answers: StoredAnswers
    clock: Clock
    batch_size: int = 1_000  # small, so that other transactions do not wait long

    def __call__(self, *, actor: Actor) -> int:
        actor.require(Permission.MANAGE_USERS)
        before, total = self.clock.now() - KEEP_ANSWERS, 0
        while removed := self.answers.purge(before, self.batch_size):
            total += removed
        return total
