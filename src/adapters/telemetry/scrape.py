import os
from collections.abc import Callable, Iterator, Mapping
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
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from core import __version__
from core.errors import Unavailable
from core.jobs.entities import JobKind, JobState

disable_created_metrics()  # a second series for each; several processes do not give them either


JobCounts = Callable[[], Mapping[tuple[JobKind, JobState], int]]


@require_safe
@inject
def metrics(_request: HttpRequest, count_jobs: Annotated[JobCounts, Provide["count_jobs"]]) -> HttpResponse:
    """Of this process, or of all that share PROMETHEUS_MULTIPROC_DIR, and of the whole registry."""
    shared: str = settings.PROMETHEUS_MULTIPROC_DIR
    registry = CollectorRegistry()
    registry.register(WholeRegistry(count_jobs))
    found = generate_latest(_of_all(Path(shared)) if shared else REGISTRY) + generate_latest(registry)
    return HttpResponse(found, content_type=CONTENT_TYPE_PLAIN_0_0_4)


@frozen
class WholeRegistry(Collector):
    """What the database knows: without it, these metrics are missing."""

    count_jobs: JobCounts

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("patient_registry_build_info", "The version of the server.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        with suppress(Unavailable):
            counts = self.count_jobs()
            jobs = GaugeMetricFamily("patient_registry_jobs", "Stored jobs.", labels=["kind", "state"])
            for kind, state in product(JobKind, JobState):
                jobs.add_metric([kind, state], counts.get((kind, state), 0))
            yield jobs


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
