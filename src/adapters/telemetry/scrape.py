import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Annotated

from attrs import frozen
from dependency_injector.wiring import Provide, inject
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import REGISTRY, CollectorRegistry, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from core import __version__
from core.errors import Unavailable
from core.jobs.entities import JobKind, JobState
from core.jobs.ports import DAILY_PURGE, JobRepository, Schedule

disable_created_metrics()  # a second series for each; several processes do not give them either


@require_safe
@inject
def metrics(
    _request: HttpRequest,
    jobs: Annotated[JobRepository, Provide["jobs"]],
    schedule: Annotated[Schedule, Provide["schedule"]],
) -> HttpResponse:
    """Of this process, or of all that share PROMETHEUS_MULTIPROC_DIR, and of the whole registry."""
    shared: str = settings.PROMETHEUS_MULTIPROC_DIR
    registry = CollectorRegistry()
    registry.register(WholeRegistry(jobs, schedule))
    found = generate_latest(_of_all(Path(shared)) if shared else REGISTRY) + generate_latest(registry)
    return HttpResponse(found, content_type=CONTENT_TYPE_PLAIN_0_0_4)


@frozen
class WholeRegistry(Collector):
    """What the database knows of the servers and workers together. Without it, only the version is known."""

    jobs: JobRepository
    schedule: Schedule

    def collect(self) -> Iterator[GaugeMetricFamily]:
        build = _gauge("build_info", "The version of the server.", "version")
        build.add_metric([__version__], 1)
        yield build
        with suppress(Unavailable):
            yield self._jobs()
            yield self._records()
            yield self._completed()
            yield self._purged()

    def _jobs(self) -> GaugeMetricFamily:
        gauge, counts = _gauge("jobs", "Stored jobs.", "kind", "state"), self.jobs.counts()
        for kind, state in product(JobKind, JobState):
            gauge.add_metric([kind, state], counts.get((kind, state), 0))
        return gauge

    def _records(self) -> GaugeMetricFamily:
        gauge = _gauge("job_records", "Records of unfinished jobs, finished or left.", "kind", "state")
        unfinished = self.jobs.all_unfinished()
        for kind in JobKind:
            jobs = [job for job in unfinished if job.kind is kind]
            gauge.add_metric([kind, "finished"], sum(job.done for job in jobs))
            gauge.add_metric([kind, "left"], sum(max(0, job.total - job.done) for job in jobs))
        return gauge

    def _completed(self) -> GaugeMetricFamily:
        gauge = _gauge("job_last_completed_timestamp_seconds", "When the last completed job ended.", "kind")
        for kind, ended_at in self.jobs.last_completed().items():
            gauge.add_metric([kind], ended_at.timestamp())
        return gauge

    def _purged(self) -> GaugeMetricFamily:
        gauge = _gauge("last_purge_timestamp_seconds", "When the last daily purge began.")
        if started_at := self.schedule.taken_at(DAILY_PURGE):
            gauge.add_metric([], started_at.timestamp())
        return gauge


def _gauge(name: str, meaning: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"patient_registry_{name}", meaning, labels=labels)


def _of_all(directory: Path) -> CollectorRegistry:
    """What dead processes counted still counts; what only holds while a process lives goes with it."""
    for pid in {int(file.stem.rpartition("_")[2]) for file in directory.glob("gauge_live*.db")}:
        if not _is_alive(pid):
            with suppress(FileNotFoundError):  # another process is answering a scrape too
                mark_process_dead(pid, str(directory))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(directory))
    return registry


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # alive, and somebody else's
    return True
