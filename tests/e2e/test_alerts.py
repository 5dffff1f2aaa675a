"""The alert rules and the dashboard in deploy/, checked by promtool and compared with the metrics that exist."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.urls import URLResolver, get_resolver

from adapters.external import errors as upstream_errors
from adapters.telemetry.metrics import CIRCUIT_STATES, to_snake_case
from adapters.telemetry.request_context import readable
from core import errors as core_errors
from core.jobs.entities import JobKind, JobState
from core.ports import RateLimitScope
from tests.documents import ROOT, anchors
from tests.programs import program

RULES, DASHBOARD = ROOT / "deploy" / "alerts.yaml", ROOT / "deploy" / "grafana-dashboard.json"
CASES = Path(__file__).parent / "alerts.test.yaml"
ALERTS: list[dict[str, Any]] = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
PANELS: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
QUERIES = [target["expr"] for panel in PANELS for target in panel.get("targets", [])]
DOCUMENTED = {
    name: {*re.findall(r"`(\w+)`", labels)}
    for name, labels in re.findall(
        r"^\| `(\w+)` \| (.*?) \|", (ROOT / "docs" / "metrics.md").read_text("utf-8"), re.MULTILINE
    )
}
SELECTORS = re.compile(r"(patient_registry_\w+)(?:\{(.*?)\})?")
MATCHERS = re.compile(r'(\w+)(=~|!~|!=|=)"(.*?)"')
every_alert = pytest.mark.parametrize("alert", ALERTS, ids=[alert["alert"] for alert in ALERTS])


def promtool(*arguments: object) -> str:
    """What it prints. It has to succeed."""
    command = [program("promtool"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_accepts_the_rules_and_their_cases_hold() -> None:
    assert f"{len(ALERTS)} rules found" in promtool("check", "rules", RULES)
    promtool("test", "rules", CASES)


@every_alert
def test_a_case_has_the_alert_firing_at_one_time_and_not_at_another(alert: dict[str, Any]) -> None:
    named = f'alertname="{alert["alert"]}"'
    cases = [
        [any(named in sample["labels"] for sample in check["exp_samples"]) for check in case["promql_expr_test"]]
        for case in yaml.safe_load(CASES.read_text(encoding="utf-8"))["tests"]
    ]
    assert any({True, False} <= {*fires} for fires in cases)


@every_alert
def test_an_alert_says_what_to_do_and_where_to_read_more(alert: dict[str, Any]) -> None:
    assert alert["for"]
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert {*alert["annotations"]} == {"summary", "description", "runbook"}
    document, _, anchor = alert["annotations"]["runbook"].partition("#")
    assert anchor in anchors(ROOT / document)


def test_promtool_accepts_every_query_of_the_dashboard(tmp_path: Path) -> None:
    rules = [
        {"record": f"dashboard:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(QUERIES)
    ]
    file = tmp_path / "queries.yaml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(QUERIES)} rules found" in promtool("check", "rules", file)


def test_panels_have_unique_ids_and_do_not_overlap() -> None:
    assert Counter(panel["id"] for panel in PANELS).most_common(1)[0][1] == 1
    for panel in PANELS:
        references = [target["refId"] for target in panel.get("targets", [])]
        assert len({*references}) == len(references)
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    for one, other in combinations((panel["gridPos"] for panel in PANELS), 2):
        apart = any(
            first[at] + first[size] <= second[at]
            for first, second in ((one, other), (other, one))
            for at, size in (("x", "w"), ("y", "h"))
        )
        assert apart, (one, other)


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for one in resolver.url_patterns:
        pattern = before + str(one.pattern)
        yield from routes(one, pattern) if isinstance(one, URLResolver) else [readable(pattern)]


def outcomes_of_calls() -> set[str]:
    classes = chain.from_iterable(vars(module).values() for module in (upstream_errors, core_errors))
    return {to_snake_case(one.__name__, "-") for one in classes if isinstance(one, type)} | {"answered"}


def known_values() -> dict[tuple[str, str], Collection[str]]:
    """Of a label of a metric, where they are known."""
    return {
        ("patient_registry_jobs", "state"): [*JobState],
        ("patient_registry_jobs", "kind"): [*JobKind],
        ("patient_registry_job_records", "state"): ["finished", "left"],
        ("patient_registry_job_last_completed_timestamp_seconds", "kind"): [*JobKind],
        ("patient_registry_upstream_circuits", "state"): CIRCUIT_STATES,
        ("patient_registry_upstream_calls_total", "outcome"): outcomes_of_calls(),
        ("patient_registry_limited_calls_total", "scope"): [*RateLimitScope],
        ("patient_registry_http_requests_total", "route"): {*routes(get_resolver())},
        ("patient_registry_http_request_duration_seconds", "route"): {*routes(get_resolver())},
    }


@pytest.mark.parametrize("query", [*(alert["expr"] for alert in ALERTS), *QUERIES])
def test_queries_name_metrics_labels_and_values_that_exist(query: str) -> None:
    for name, selected in SELECTORS.findall(query):
        metric = name if name in DOCUMENTED else re.sub("_(bucket|count|sum)$", "", name)
        assert metric in DOCUMENTED
        for label, _, value in MATCHERS.findall(selected):
            assert label in DOCUMENTED[metric] | {"instance"}
            values = known_values().get((metric, label))
            assert values is None or all(any(re.fullmatch(part, one) for one in values) for part in alternatives(value))


def alternatives(pattern: str) -> list[str]:
    """`a` and `b` for `a|b`; with parentheses, the pattern is left as a whole."""
    return [pattern] if "(" in pattern else pattern.split("|")
