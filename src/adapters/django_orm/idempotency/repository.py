import base64
import hashlib
from collections.abc import Collection, Sequence
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
        if row is None or (answer := self._decrypted(row.content)) is None:
            return None
        return StoredAnswer(actor, key, row.seal, row.at, answer)

    @core_errors()
    def save(self, stored: StoredAnswer) -> None:
        answer = stored.answer
        head = orjson.dumps([answer.status, dict(answer.headers)])
        content = self.cipher.encrypt(head + b"\n" + answer.body)
        given = {"seal": stored.seal, "at": stored.at, "content": content}
        row, created = self._rows.update_or_create(actor=stored.actor, key=stored.key, defaults=given)
        named = models.NamedRecord.objects.using(self.database)
        if not created:
            named.filter(answer=row).delete()
        named.bulk_create(models.NamedRecord(record_id=one, answer=row) for one in answer.ids)

    @core_errors()
    def remove_naming(self, ids: Collection[UUID]) -> None:
        named = models.NamedRecord.objects.using(self.database).filter(record_id__in=ids)
        self._remove(list(named.values_list("answer_id", flat=True)))

    @core_errors()
    def purge(self, before: datetime, limit: int) -> int:
        return self._remove(list(self._rows.filter(at__lt=before).order_by("at").values_list("id", flat=True)[:limit]))

    @property
    def _rows(self) -> QuerySet[models.StoredAnswer]:
        return models.StoredAnswer.objects.using(self.database)

    def _remove(self, ids: Collection[int]) -> int:
        self._rows.filter(id__in=ids).delete()
        return len(ids)

    def _decrypted(self, content: bytes) -> Answer | None:
        """None if it was encrypted with a secret that is no longer known."""
        try:
            head, _, body = self.cipher.decrypt(bytes(content)).partition(b"\n")
        except InvalidToken:
            return None
        status, headers = orjson.loads(head)
        return Answer(status, headers, body)
