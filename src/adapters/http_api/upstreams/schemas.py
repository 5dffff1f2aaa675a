from collections.abc import Mapping

from rest_framework import serializers

from adapters.http_api.rest.schemas import ACTOR, ACTOR_EXAMPLE, ACTOR_NAME, PageSerializer
from core.upstreams.entities import CircuitState, UpstreamReport, UpstreamStatus


class UpstreamProcessSerializer(serializers.Serializer):
    process = serializers.CharField(help_text="Its host and process id.", initial="registry-1:17")
    state = serializers.ChoiceField(list(CircuitState), help_text="The state of its circuit breaker.")
    calls = serializers.IntegerField(help_text="The attempts in the window, on which the rates and times are based.")
    failure_rate = serializers.FloatField(allow_null=True, help_text="0 to 1; null without attempts.", initial=0.25)
    slow_rate = serializers.FloatField(allow_null=True, help_text="0 to 1; null without attempts.", initial=0.125)
    median_seconds = serializers.FloatField(allow_null=True, help_text="The median duration.", initial=0.12)
    p95_seconds = serializers.FloatField(allow_null=True, help_text="The 95th percentile of durations.", initial=0.8)
    under_way = serializers.IntegerField(help_text="The attempts in progress.")
    retry_budget = serializers.FloatField(help_text="The retries that are allowed now.")
    seconds_left = serializers.FloatField(help_text="Until an open circuit lets a trial request through.")
    reported_at = serializers.DateTimeField(help_text="When the process reported this.")


def upstream_process_json(report: UpstreamReport) -> dict[str, object]:
    return {
        "process": report.process,
        "state": report.state,
        "calls": report.calls,
        "failure_rate": report.failure_rate,
        "slow_rate": report.slow_rate,
        "median_seconds": report.median_seconds,
        "p95_seconds": report.p95_seconds,
        "under_way": report.under_way,
        "retry_budget": report.retry_budget,
        "seconds_left": report.seconds_left,
        "reported_at": report.reported_at,
    }


class UpstreamSerializer(serializers.Serializer):
    name = serializers.CharField(help_text="The name of the upstream.", initial="patients")
    isolated = serializers.BooleanField(help_text="An operator stopped every request until it is closed.")
    ordered_by = serializers.CharField(
        allow_null=True, help_text=f"Who isolated or closed it last: {ACTOR}", initial=ACTOR_EXAMPLE
    )
    ordered_by_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME, initial="admin@clinic.example")
    ordered_at = serializers.DateTimeField(allow_null=True, help_text="When it was isolated or closed last.")
    processes = UpstreamProcessSerializer(many=True, help_text="The processes that reported in the last ten minutes.")


def upstream_json(status: UpstreamStatus, names: Mapping[str, str | None]) -> dict[str, object]:
    return {
        "name": status.upstream,
        "isolated": status.isolated,
        "ordered_by": status.override and status.override.actor,
        "ordered_by_name": status.override and names[status.override.actor],
        "ordered_at": status.override and status.override.at,
        "processes": [upstream_process_json(report) for report in status.reports],
    }


class UpstreamPageSerializer(PageSerializer):
    results = UpstreamSerializer(many=True, help_text="All upstreams.")
