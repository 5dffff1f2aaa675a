from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, frozen

from adapters.in_memory.paging import newest_first
from adapters.in_memory.store import Store
from core.jobs.entities import Chunk, Job, JobKind, JobState, RemainingChunks
from core.jobs.errors import JobNotFound, LeaseLost
from core.jobs.ports import ChunkRepository, JobRepository, Schedule
from core.paging import Page


@frozen
class InMemoryJobRepository(JobRepository):
    store: Store

    def add(self, job: Job) -> bool:
        with self.store.lock:
            if job.key is not None and self.unfinished(job.key):
                return False
            self.store.jobs[job.id] = job
            return True

    def get(self, job_id: UUID) -> Job:
        with self.store.lock:
            try:
                return self.store.jobs[job_id]
            except KeyError:
                raise JobNotFound from None

    def lock(self, job_id: UUID) -> Job:
        self.store.require_atomic()
        return self.get(job_id)

    def replace(self, job: Job) -> None:
        with self.store.lock:
            self.store.jobs[job.id] = job

    def find(self, kind: JobKind, *, after: UUID | None, limit: int) -> Page[Job]:
        with self.store.lock:
            return newest_first((job for job in self.store.jobs.values() if job.kind is kind), after, limit)

    def unfinished(self, key: str) -> Job | None:
        with self.store.lock:
            found = (job for job in self.store.jobs.values() if job.key == key and not job.state.has_ended)
            return next(found, None)

    def newest(self, kind: JobKind, key: str) -> Job | None:
        with self.store.lock:
            found = [job for job in self.store.jobs.values() if (job.kind, job.key) == (kind, key)]
        return max(found, key=lambda job: job.id, default=None)

    def runnable(self, now: datetime) -> tuple[Job, ...]:
        with self.store.lock:
            waiting = [job for job in self.store.jobs.values() if job.is_runnable(now) and self._is_left(job, now)]
        return tuple(sorted(waiting, key=lambda job: job.id))

    def counts(self) -> dict[tuple[JobKind, JobState], int]:
        with self.store.lock:
            return dict(Counter((job.kind, job.state) for job in self.store.jobs.values()))

    def all_unfinished(self) -> tuple[Job, ...]:
        with self.store.lock:
            unfinished = [job for job in self.store.jobs.values() if not job.state.has_ended]
        return tuple(sorted(unfinished, key=lambda job: job.id))

    def last_completed(self) -> dict[JobKind, datetime]:
        with self.store.lock:
            completed = [job for job in self.store.jobs.values() if job.state is JobState.COMPLETED]
        ends = sorted((job.ended_at, job.kind) for job in completed if job.ended_at)
        return {kind: ended_at for ended_at, kind in ends}

    def remove_ended(self, before: datetime, limit: int) -> int:
        with self.store.lock:
            ended = [job.id for job in self.store.jobs.values() if job.ended_at and job.ended_at < before][:limit]
            for job_id in ended:
                del self.store.jobs[job_id]
                self.store.import_layouts.pop(job_id, None)
                self.store.import_positions.pop(job_id, None)
            self.store.undo_results = {key: one for key, one in self.store.undo_results.items() if key[0] not in ended}
            self.store.held_changes = {key: one for key, one in self.store.held_changes.items() if key[0] not in ended}
            self.store.sync_results = {key: one for key, one in self.store.sync_results.items() if key[0] not in ended}
            self.store.import_rejects = {
                key: one for key, one in self.store.import_rejects.items() if key[0] not in ended
            }
            self.store.chunks = {key: one for key, one in self.store.chunks.items() if one.job_id not in ended}
        return len(ended)

    def _is_left(self, job: Job, now: datetime) -> bool:
        chunks = [chunk for chunk in self.store.chunks.values() if chunk.job_id == job.id]
        if any(chunk.lease and chunk.available_at > now for chunk in chunks):
            return False
        return job.position is not None or any(chunk.available_at <= now for chunk in chunks)


@frozen
class InMemoryChunkRepository(ChunkRepository):
    store: Store

    def add(self, chunk: Chunk) -> None:
        with self.store.lock:
            self.store.chunks[chunk.id] = chunk

    def claim(self, job_id: UUID, *, lease: UUID, now: datetime, until: datetime) -> Chunk | None:
        self.store.require_atomic()
        free = [chunk for chunk in self._of(job_id) if chunk.available_at <= now]
        if not free:
            return None
        first = min(free, key=lambda chunk: chunk.available_at)
        taken = evolve(first, lease=lease, available_at=until, takeovers=first.takeovers + (first.lease is not None))
        self.store.chunks[taken.id] = taken
        return taken

    def lock(self, chunk: Chunk) -> None:
        self.store.require_atomic()
        found = self.store.chunks.get(chunk.id)
        if found is None or found.lease != chunk.lease:
            raise LeaseLost

    def replace(self, chunk: Chunk) -> None:
        self.add(chunk)

    def remove(self, chunk: Chunk) -> None:
        with self.store.lock:
            self.store.chunks.pop(chunk.id, None)
            self.store.import_contents.pop(chunk.id, None)
            self.store.import_keys = {key: True for key in self.store.import_keys if key[0] != chunk.id}

    def remove_all(self, job_id: UUID) -> None:
        with self.store.lock:
            for chunk in self._of(job_id):
                self.remove(chunk)

    def remaining(self, job_id: UUID, now: datetime) -> RemainingChunks:
        with self.store.lock:
            chunks = self._of(job_id)
        leased = [chunk for chunk in chunks if chunk.lease and chunk.available_at > now]
        return RemainingChunks(
            len(leased), min((chunk.available_at for chunk in chunks if chunk not in leased), default=None)
        )

    def _of(self, job_id: UUID) -> list[Chunk]:
        return [chunk for chunk in self.store.chunks.values() if chunk.job_id == job_id]


@frozen
class InMemorySchedule(Schedule):
    store: Store

    def take(self, name: str, now: datetime, every: timedelta) -> bool:
        with self.store.lock:
            taken_at = self.store.schedule.get(name)
            is_due = taken_at is None or taken_at <= now - every
            if is_due:
                self.store.schedule[name] = now
        return is_due

    def taken_at(self, name: str) -> datetime | None:
        with self.store.lock:
            return self.store.schedule.get(name)
