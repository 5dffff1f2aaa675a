from datetime import datetime, timedelta
from uuid import UUID

from attrs import asdict, fields, frozen
from django.db import connections
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet

from adapters.django_orm.db.atomic import require_atomic
from adapters.django_orm.db.binary import Row
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.jobs import models
from core.jobs.entities import Chunk, Job, JobKind, JobState, RemainingChunks
from core.jobs.errors import JobNotFound, LeaseLost
from core.jobs.ports import ChunkRepository, JobRepository, Schedule
from core.paging import Page, make_page

_JOB_COLUMNS = tuple(field.name for field in fields(Job))
_CHUNK_COLUMNS = tuple(field.name for field in fields(Chunk))


@frozen
class DjangoJobRepository(JobRepository):
    database: str = "default"

    @core_errors()
    def add(self, job: Job) -> bool:
        self._rows.bulk_create([models.Job(**asdict(job, recurse=False))], ignore_conflicts=True)
        return self._rows.filter(id=job.id).exists()

    @core_errors()
    def get(self, job_id: UUID) -> Job:
        return _first(self._rows.filter(id=job_id))

    @core_errors()
    def lock(self, job_id: UUID) -> Job:
        require_atomic(self.database)
        return _first(self._rows.filter(id=job_id).select_for_update())

    @core_errors()
    def replace(self, job: Job) -> None:
        self._rows.filter(id=job.id).update(**asdict(job, recurse=False))

    @core_errors()
    def find(self, kind: JobKind, *, after: UUID | None, limit: int) -> Page[Job]:
        rows = self._rows.filter(kind=kind).order_by("-id")
        if after is not None:
            rows = rows.filter(id__lt=after)
        return make_page([_job(row) for row in rows.values(*_JOB_COLUMNS)[: limit + 1]], limit, lambda job: job.id)

    @core_errors()
    def unfinished(self, key: str) -> Job | None:
        row = self._rows.filter(key=key, ended_at=None).values(*_JOB_COLUMNS).first()
        return _job(row) if row else None

    @core_errors()
    def newest(self, kind: JobKind, key: str) -> Job | None:
        row = self._rows.filter(kind=kind, key=key).order_by("-id").values(*_JOB_COLUMNS).first()
        return _job(row) if row else None

    @core_errors()
    def runnable(self, now: datetime) -> tuple[Job, ...]:
        chunks = models.Chunk.objects.using(self.database).filter(job_id=OuterRef("pk"))
        rows = self._rows.filter(Q(resume_at=None) | Q(resume_at__lte=now), ended_at=None).exclude(state=JobState.HELD)
        rows = rows.exclude(Exists(chunks.exclude(lease=None).filter(available_at__gt=now)))
        rows = rows.filter(Q(position__isnull=False) | Exists(chunks.filter(available_at__lte=now)))
        return tuple(_job(row) for row in rows.order_by("id").values(*_JOB_COLUMNS))

    @core_errors()
    def counts(self) -> dict[tuple[JobKind, JobState], int]:
        rows = self._rows.values_list("kind", "state").annotate(count=Count("id"))
        return {(JobKind(kind), JobState(state)): count for kind, state, count in rows}

    @core_errors()
    def all_unfinished(self) -> tuple[Job, ...]:
        return tuple(_job(row) for row in self._rows.filter(ended_at=None).order_by("id").values(*_JOB_COLUMNS))

    @core_errors()
    def last_completed(self) -> dict[JobKind, datetime]:
        rows = self._rows.filter(state=JobState.COMPLETED).values_list("kind").annotate(Max("ended_at"))
        return {JobKind(kind): ended_at for kind, ended_at in rows}

    @core_errors()
    def remove_ended(self, before: datetime, limit: int) -> int:
        ended = list(self._rows.filter(ended_at__lt=before).values_list("id", flat=True)[:limit])
        self._rows.filter(id__in=ended).delete()
        return len(ended)

    @property
    def _rows(self) -> QuerySet[models.Job]:
        return models.Job.objects.using(self.database)


@frozen
class DjangoChunkRepository(ChunkRepository):
    database: str = "default"

    @core_errors()
    def add(self, chunk: Chunk) -> None:
        self._rows.create(**_columns(chunk))

    @core_errors()
    def claim(self, job_id: UUID, *, lease: UUID, now: datetime, until: datetime) -> Chunk | None:
        require_atomic(self.database)
        skip = connections[self.database].features.has_select_for_update_skip_locked
        available = (
            self._rows.filter(job_id=job_id, available_at__lte=now)
            .order_by("available_at")
            .select_for_update(skip_locked=skip)
        )
        row = available.values(*_CHUNK_COLUMNS).first()
        if row is None:
            return None
        changes = {"lease": lease, "available_at": until, "takeovers": row["takeovers"] + (row["lease"] is not None)}
        self._rows.filter(id=row["id"]).update(**changes)
        return _chunk(row | changes)

    @core_errors()
    def lock(self, chunk: Chunk) -> None:
        require_atomic(self.database)
        if not self._rows.filter(id=chunk.id, lease=chunk.lease).select_for_update().values("id").first():
            raise LeaseLost

    @core_errors()
    def replace(self, chunk: Chunk) -> None:
        self._rows.filter(id=chunk.id).update(**_columns(chunk))

    @core_errors()
    def remove(self, chunk: Chunk) -> None:
        self._rows.filter(id=chunk.id).delete()

    @core_errors()
    def remove_all(self, job_id: UUID) -> None:
        self._rows.filter(job_id=job_id).delete()

    @core_errors()
    def remaining(self, job_id: UUID, now: datetime) -> RemainingChunks:
        leased = Q(lease__isnull=False, available_at__gt=now)
        totals = self._rows.filter(job_id=job_id).aggregate(
            leased=Count("id", filter=leased), available_at=Min("available_at", filter=~leased)
        )
        return RemainingChunks(**totals)

    @property
    def _rows(self) -> QuerySet[models.Chunk]:
        return models.Chunk.objects.using(self.database)


@frozen
class DjangoSchedule(Schedule):
    database: str = "default"

    @core_errors()
    def take(self, name: str, now: datetime, every: timedelta) -> bool:
        rows = models.ScheduledTask.objects.using(self.database)
        if rows.filter(name=name, last_run_at__lte=now - every).update(last_run_at=now):
            return True
        return rows.get_or_create(name=name, defaults={"last_run_at": now})[1]

    @core_errors()
    def taken_at(self, name: str) -> datetime | None:
        rows = models.ScheduledTask.objects.using(self.database)
        return rows.filter(name=name).values_list("last_run_at", flat=True).first()


def _first(rows: QuerySet[models.Job]) -> Job:
    row = rows.values(*_JOB_COLUMNS).first()
    if row is None:
        raise JobNotFound
    return _job(row)


def _job(row: Row) -> Job:
    row["kind"], row["state"] = JobKind(row["kind"]), JobState(row["state"])
    return Job(**row)


def _columns(chunk: Chunk) -> Row:
    return asdict(chunk, recurse=False) | {"items": [str(one) for one in chunk.items]}


def _chunk(row: Row) -> Chunk:
    row["items"] = tuple(UUID(one) for one in row["items"])
    return Chunk(**row)
