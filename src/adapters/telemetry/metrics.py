"""What the registry counts about itself, for Prometheus; docs/metrics.md says what each metric means.

The instruments belong to the process and not to a container: in a process that shares PROMETHEUS_MULTIPROC_DIR with
others, two instruments of one name would overwrite each other. Labels come from closed sets only: never from what a
caller sent.
"""

import re
from functools import cache

from prometheus_client import Counter, Gauge, Histogram

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
CIRCUIT_STATES = ("closed", "half_open", "open", "isolated")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

SERVERS = Gauge("patient_registry_servers", "Live processes that answer requests.", multiprocess_mode="livesum")
REQUESTS = Counter("patient_registry_http_requests", "HTTP requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "patient_registry_http_request_duration_seconds",
    "Time to answer an HTTP request.",
    ["method", "route"],
    buckets=_SECONDS,
)
USE_CASES = Counter("patient_registry_use_cases", "Use cases carried out.", ["operation", "outcome"])
USE_CASE_SECONDS = Histogram(
    "patient_registry_use_case_duration_seconds", "Time a use case took.", ["operation"], buckets=_SECONDS
)
UPSTREAM_CALLS = Counter("patient_registry_upstream_calls", "Calls to an upstream.", ["upstream", "outcome"])
UPSTREAM_SECONDS = Histogram(
    "patient_registry_upstream_call_duration_seconds",
    "Time a call to an upstream took, retries included.",
    ["upstream"],
    buckets=_SECONDS,
)
UPSTREAM_RETRIES = Counter("patient_registry_upstream_retries", "Attempts made again.", ["upstream"])
UPSTREAM_CIRCUITS = Gauge(
    "patient_registry_upstream_circuits",
    "Live processes whose circuit is in the state.",
    ["upstream", "state"],
    multiprocess_mode="livesum",
)
CACHE_READS = Counter("patient_registry_cache_reads", "Reads from the cache.", ["outcome"])
LIMITED_CALLS = Counter(
    "patient_registry_limited_calls",
    "Calls that a limit refused, or that this process counted alone.",
    ["scope", "outcome"],
)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    counter, histogram = _of_request(method, route, status)
    counter.inc()
    histogram.observe(seconds)


def count_use_case(operation: str, outcome: str, seconds: float) -> None:
    counter, histogram = _of_use_case(operation, outcome)
    counter.inc()
    histogram.observe(seconds)


def count_cache_read(outcome: str) -> None:
    CACHE_READS.labels(outcome).inc()


def count_limited_call(scope: str, outcome: str) -> None:
    LIMITED_CALLS.labels(scope, outcome).inc()


class UpstreamMetrics:
    """Listens to upstream clients."""

    def on_call(self, upstream: str, failure: type[BaseException] | None, seconds: float) -> None:
        outcome = to_snake_case(failure.__name__, "-") if failure else "answered"
        UPSTREAM_CALLS.labels(upstream, outcome).inc()
        UPSTREAM_SECONDS.labels(upstream).observe(seconds)

    def on_retry(self, upstream: str) -> None:
        UPSTREAM_RETRIES.labels(upstream).inc()

    def on_circuit_state(self, upstream: str, state: str) -> None:
        for one in CIRCUIT_STATES:
            UPSTREAM_CIRCUITS.labels(upstream, one).set(one == state)


@cache
def _of_request(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Kept, as finding an instrument by its labels takes longer than counting."""
    return REQUESTS.labels(method, route, status), REQUEST_SECONDS.labels(method, route)


@cache
def _of_use_case(operation: str, outcome: str) -> tuple[Counter, Histogram]:
    return USE_CASES.labels(operation, outcome), USE_CASE_SECONDS.labels(operation)


def to_snake_case(class_name: str, between: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", between, class_name).lower()
