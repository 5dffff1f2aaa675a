import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson
from attrs import field, frozen
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.db.models import QuerySet

from adapters.django_orm.db.atomic import require_atomic
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.db.locks import lock_key
from adapters.django_orm.idempotency import models
from core.idempotency.entities import Answer, StoredAnswer
from core.idempotency.ports import StoredAnswers


def cipher(secrets: Sequence[str]) -> MultiFernet:
    """Encrypts with the first secret, decrypts with each."""
    digests = (hashlib.sha256(b"stored answers" + secret.encode()).digest() for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


@frozen
class DjangoStoredAnswers(StoredAnswers):
    cipher: MultiFernet = field(repr=False)
    database: str = "default"

    @core_errors()
    def claim(self, actor: str, key: str) -> StoredAnswer | None:
        require_atomic(self.database)
        lock_key(f"{actor} {key}", self.database)
        row = self._rows.filter(actor=actor, key=key).first()
        return row and StoredAnswer(actor, key, row.seal, row.at, self._decrypted(row.content))

    @core_errors()
    def save(self, stored: StoredAnswer) -> None:
        given = {"seal": stored.seal, "at": stored.at, "content": self._encrypted(stored.answer)}
        row, created = self._rows.update_or_create(actor=stored.actor, key=stored.key, defaults=given)
        named = models.NamedRecord.objects.using(self.database)
        if not created:
            named.filter(answer=row).delete()
        ids = stored.answer.ids if stored.answer else ()
        named.bulk_create(models.NamedRecord(record_id=one, answer=row) for one in ids)

    @core_errors()
    def forget(self, record_id: UUID) -> None:
        named = models.NamedRecord.objects.using(self.database).filter(record_id=record_id)
        self._rows.filter(id__in=named.values("answer_id")).update(content=b"")

    @core_errors()
    def purge(self, before: datetime, limit: int) -> int:
        ended = self._rows.filter(at__lt=before)
        oldest = list(ended.order_by("at").values_list("id", flat=True)[:limit])
        ended.filter(id__in=oldest).delete()
        return len(oldest)

    @property
    def _rows(self) -> QuerySet[models.StoredAnswer]:
        return models.StoredAnswer.objects.using(self.database)

    def _encrypted(self, answer: Answer | None) -> bytes:
        if answer is None:
            return b""
        head = orjson.dumps([answer.status, dict(answer.headers)])
        return self.cipher.encrypt(head + b"\n" + answer.body)

    def _decrypted(self, content: bytes) -> Answer | None:
        """None if it was erased, or encrypted with a secret that is no longer known."""
        try:
            head, _, body = self.cipher.decrypt(bytes(content)).partition(b"\n")
        except InvalidToken:
            return None
        status, headers = orjson.loads(head)
        return Answer(status, headers, body)
