import re
from pathlib import Path

from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from adapters.telemetry import metrics
from adapters.telemetry.scrape import WholeRegistry
from bootstrap import in_memory_registry

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "metrics.md"


def test_the_documentation_lists_every_metric_with_its_labels() -> None:
    instruments = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    ours = {(one._name + ("_total" if isinstance(one, Counter) else ""), one._labelnames) for one in instruments}
    registry = in_memory_registry()
    ours |= {(one.name, one._labelnames) for one in WholeRegistry(registry.jobs(), registry.schedule()).collect()}
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", DOCUMENTATION.read_text("utf-8"), re.MULTILINE)
    assert {(name, tuple(re.findall(r"`(\w+)`", labels))) for name, labels in rows} == ours
