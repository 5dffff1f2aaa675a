"""Running a job in the foreground, besides other workers, with a display of its progress."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from time import monotonic
from typing import Protocol

from attrs import define, field, frozen
from django.core.management.base import CommandError, OutputWrapper
from django.db import connections
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from core.errors import RegistryError
from core.jobs.entities import Job, JobState

REFRESH_INTERVAL = 0.2  # seconds
LINE_INTERVAL = 5.0  # seconds
MAX_WAIT = 10.0  # seconds


@frozen
class ForegroundJob:
    """`run` continues the job until no work is available, `view` reads it, `cancel` ends it."""

    run: Callable[[Callable[[], bool]], Job]
    view: Callable[[], Job]
    cancel: Callable[[], Job]

    def finish(self, out: OutputWrapper) -> Job:
        """Returns the job when it has ended or is held. Ctrl-C cancels it. Raises `CommandError`."""
        stop, errors = Event(), list[RegistryError]()
        worker = Thread(target=self._work, args=[stop, errors], daemon=True)
        worker.start()
        try:
            with _display(out) as show:
                while worker.is_alive():
                    show(self.view())
                    worker.join(REFRESH_INTERVAL)
                show(self.view())
        except KeyboardInterrupt:
            stop.set()
            worker.join()
            self.cancel()
            raise CommandError("Cancelled. Finished records are kept.") from None
        if errors:
            raise CommandError(f"{errors[0]} A running server or worker will continue the job.")
        return self.view()

    def _work(self, stop: Event, errors: list[RegistryError]) -> None:
        try:
            while not stop.is_set() and not _is_over(job := self.run(stop.is_set)):
                stop.wait(_seconds_until(job.resume_at))
        except RegistryError as error:
            errors.append(error)
        finally:
            connections.close_all()  # this thread's own


def _is_over(job: Job) -> bool:
    return job.state.has_ended or job.state is JobState.HELD


def _seconds_until(instant: datetime | None) -> float:
    """Bounded: this host's clock may be behind. One second while other workers do the rest."""
    if instant is None:
        return 1.0
    return min(max((instant - datetime.now(UTC)).total_seconds(), REFRESH_INTERVAL), MAX_WAIT)


class Show(Protocol):
    def __call__(self, job: Job) -> None: ...


@contextmanager
def _display(out: OutputWrapper) -> Generator[Show]:
    """A bar on a terminal, lines elsewhere."""
    if not out.isatty():
        yield Lines(out)
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=Console(file=out._out)) as bar:  # type: ignore[arg-type]  # it is the stream
        task = bar.add_task("", total=None)
        yield lambda job: bar.update(task, description=_state(job), total=job.total or None, completed=job.done)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:,.0f}/s")


@define
class Lines:
    """Prints a line for each change of state, and one every few seconds."""

    out: OutputWrapper
    _state: str = field(init=False, default="")
    _due: float = field(init=False, default=0.0)

    def __call__(self, job: Job) -> None:
        state, now = _state(job), monotonic()
        if state == self._state and now < self._due:
            return
        self._state, self._due = state, now + LINE_INTERVAL
        self.out.write(f"{state}: {job.done:,} of {job.total:,}")
        self.out.flush()


def _state(job: Job) -> str:
    if job.state is JobState.PAUSED and job.resume_at:
        return f"Paused until {job.resume_at:%H:%M:%S} UTC. {job.reason}"
    return job.state.value.capitalize()
