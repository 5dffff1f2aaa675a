import os
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import REGISTRY, CollectorRegistry, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

disable_created_metrics()  # a second series for each; several processes do not give them either


@require_safe
def metrics(_request: HttpRequest) -> HttpResponse:
    """Of this process, or of all that share PROMETHEUS_MULTIPROC_DIR."""
    shared: str = settings.PROMETHEUS_MULTIPROC_DIR
    found = generate_latest(_of_all(Path(shared)) if shared else REGISTRY)
    return HttpResponse(found, content_type=CONTENT_TYPE_PLAIN_0_0_4)


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
