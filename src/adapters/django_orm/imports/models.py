from uuid import UUID

from django.db import models
from django.db.models import Index, UniqueConstraint

from adapters.django_orm.jobs.models import Chunk, Job


class ImportFile(models.Model):
    """The layout of a file that is being imported, and the position reached."""

    job_id: UUID
    job = models.OneToOneField(Job, models.CASCADE, primary_key=True, related_name="+")
    layout = models.JSONField()
    offset = models.PositiveBigIntegerField()
    line = models.PositiveIntegerField()

    def __str__(self) -> str:
        return str(self.job_id)


class ImportBlock(models.Model):
    """A block of a file's content. Deleted with the chunk that represents the file, when it completes or is dropped."""

    chunk = models.ForeignKey(Chunk, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [UniqueConstraint(fields=["chunk", "number"], name="imports_block_unique")]

    def __str__(self) -> str:
        return f"{self.number} of {self.chunk}"


class ImportKey(models.Model):
    """A key that only one row of a file may have: the id of a patient, or in a dry run a digest."""

    chunk = models.ForeignKey(Chunk, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    key = models.BinaryField()

    class Meta:
        constraints = [UniqueConstraint(fields=["chunk", "key"], name="imports_key_unique")]

    def __str__(self) -> str:
        return str(self.chunk)


class ImportReject(models.Model):
    """A rejected row, as it is in the file."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="+", db_index=False)
    line = models.PositiveIntegerField()
    raw = models.BinaryField()
    errors = models.JSONField()

    class Meta:
        constraints = [UniqueConstraint(fields=["job", "line"], name="imports_one_reject_per_line")]

    def __str__(self) -> str:
        return f"line {self.line} of {self.job}"


class ImportRejectKey(models.Model):
    """A digest of the person in a rejected row."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="+", db_index=False)
    line = models.PositiveIntegerField()
    key = models.BinaryField()

    class Meta:
        constraints = [UniqueConstraint(fields=["job", "line", "key"], name="imports_reject_key_unique")]
        indexes = [Index(fields=["key"], name="imports_reject_by_key")]

    def __str__(self) -> str:
        return f"line {self.line} of {self.job}"


class Upload(models.Model):
    """A file that waits to be imported."""

    id = models.UUIDField(primary_key=True)
    owner = models.TextField()
    format = models.TextField()
    encoding = models.TextField(blank=True)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(fields=["owner"], name="imports_one_upload_per_owner")]

    def __str__(self) -> str:
        return str(self.pk)


class UploadBlock(models.Model):
    """A block of a file's content."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [UniqueConstraint(fields=["upload", "number"], name="imports_upload_block_unique")]

    def __str__(self) -> str:
        return f"{self.number} of {self.upload}"
