"""Doing a job in the foreground, together with whoever else works on it, and showing how far it is."""

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

REFRESHED_EVERY = 0.2  # seconds
TOLD_EVERY = 5.0  # seconds
LOOKS_EVERY = 10.0  # seconds


@frozen
class Foreground:
    """`run` goes on with the job until there is nothing to do for now, `view` reads it, `cancel` ends it."""

    run: Callable[[Callable[[], bool]], Job]
    view: Callable[[], Job]
    cancel: Callable[[], Job]

    def finish(self, out: OutputWrapper) -> Job:
        """The job once it has ended; an interruption cancels it. Raises `CommandError`."""
        stop, failed = Event(), list[RegistryError]()
        worker = Thread(target=self._work, args=[stop, failed], daemon=True)
        worker.start()
        try:
            with _display(out) as show:
                while worker.is_alive():
                    show(self.view())
                    worker.join(REFRESHED_EVERY)
                show(self.view())
        except KeyboardInterrupt:
            stop.set()
            worker.join()
            self.cancel()
            raise CommandError("Cancelled. What was done stays done.") from None
        if failed:
            raise CommandError(f"{failed[0]} The job goes on once a server or a worker runs.")
        return self.view()

    def _work(self, stop: Event, failed: list[RegistryError]) -> None:
        try:
            while not stop.is_set() and not (job := self.run(stop.is_set)).state.has_ended:
                stop.wait(_seconds_until(job.resume_at))
        except RegistryError as error:
            failed.append(error)
        finally:
            connections.close_all()  # this thread's own


def _seconds_until(instant: datetime | None) -> float:
    """At least some, where others are doing what is left; not many, as this host's clock may be behind."""
    if instant is None:
        return 1.0
    return min(max((instant - datetime.now(UTC)).total_seconds(), REFRESHED_EVERY), LOOKS_EVERY)


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
    """One for each change of state, and one every few seconds."""

    out: OutputWrapper
    _state: str = field(init=False, default="")
    _due: float = field(init=False, default=0.0)

    def __call__(self, job: Job) -> None:
        state, now = _state(job), monotonic()
        if state == self._state and now < self._due:
            return
        self._state, self._due = state, now + TOLD_EVERY
        self.out.write(f"{state}: {job.done:,} of {job.total:,}")
        self.out.flush()


def _state(job: Job) -> str:
    if job.state is JobState.PAUSED and job.resume_at:
        return f"Paused until {job.resume_at:%H:%M:%S} UTC. {job.reason}"
    return job.state.value.capitalize()
