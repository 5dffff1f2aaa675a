from collections.abc import Mapping

from rest_framework import serializers

from adapters.http_api.patients.schemas import ACTOR_NAME
from adapters.http_api.rest.schemas import PageSerializer
from core.upstreams.entities import CircuitState, UpstreamReport, UpstreamStatus


class UpstreamProcessSerializer(serializers.Serializer):
    process = serializers.CharField(help_text="Its host and process id.")
    state = serializers.ChoiceField(list(CircuitState))
    calls = serializers.IntegerField(help_text="Attempts in the window; the rates and times are about these.")
    failure_rate = serializers.FloatField(allow_null=True, help_text="0 to 1.")
    slow_rate = serializers.FloatField(allow_null=True, help_text="0 to 1.")
    median_seconds = serializers.FloatField(allow_null=True)
    p95_seconds = serializers.FloatField(allow_null=True)
    under_way = serializers.IntegerField(help_text="Attempts that are being made.")
    retry_budget = serializers.FloatField(help_text="Retries that may be made now.")
    seconds_left = serializers.FloatField(help_text="Until an open circuit is tried again.")
    reported_at = serializers.DateTimeField()


class UpstreamSerializer(serializers.Serializer):
    name = serializers.CharField()
    isolated = serializers.BooleanField(help_text="By an operator: nothing is sent until it is closed.")
    ordered_by = serializers.CharField(allow_null=True, help_text="Who isolated or closed it last.")
    ordered_by_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME)
    ordered_at = serializers.DateTimeField(allow_null=True)
    processes = UpstreamProcessSerializer(many=True, help_text="Those that reported in the last ten minutes.")


class UpstreamPageSerializer(PageSerializer):
    results = UpstreamSerializer(many=True)


def upstream_json(status: UpstreamStatus, names: Mapping[str, str | None]) -> dict[str, object]:
    return {
        "name": status.upstream,
        "isolated": status.isolated,
        "ordered_by": status.override and status.override.actor,
        "ordered_by_name": status.override and names[status.override.actor],
        "ordered_at": status.override and status.override.at,
        "processes": [_process_json(report) for report in status.reports],
    }


def _process_json(report: UpstreamReport) -> dict[str, object]:
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
