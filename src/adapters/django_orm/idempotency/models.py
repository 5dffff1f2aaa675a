from django.db import models
from django.db.models import Index, UniqueConstraint


class StoredAnswer(models.Model):
    """`content` is encrypted: it has personal data, and may have a new service key."""

    actor = models.TextField()
    key = models.TextField()
    seal = models.CharField(max_length=64)
    at = models.DateTimeField()
    content = models.BinaryField()

    class Meta:
        constraints = [UniqueConstraint(fields=["actor", "key"], name="idempotency_key_unique")]
        indexes = [Index(fields=["at"], name="idempotency_by_age")]

    def __str__(self) -> str:
        return f"{self.pk}"


class NamedRecord(models.Model):
    """A record that an answer names."""

    pk = models.CompositePrimaryKey("record_id", "answer_id")
    record_id = models.UUIDField()
    answer = models.ForeignKey(StoredAnswer, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.record_id}"
