from collections.abc import Callable

from attrs import frozen

from core.jobs.entities import Job
from core.jobs.ports import Runner
from core.sync.entities import SyncScope
from core.sync.services.job_runner import SyncJobRunner
from core.sync.services.undo_runner import UndoRunner


@frozen
class SyncOrUndoRunner(Runner):
    """Runs a job that undoes another one differently from one that asks upstream."""

    sync: SyncJobRunner
    undo: UndoRunner

    def __call__(self, job: Job, *, stopping: Callable[[], bool]) -> None:
        runner = self.undo if SyncScope.of(job).undoes else self.sync
        runner(job, stopping=stopping)
