import re

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings.databases import database
from config.settings.jobs import broker, nightly, seconds
from config.settings.networks import origins


def test_options_in_a_databases_url_are_kept_and_come_first() -> None:
    options = database("postgres://user@host/name?sslmode=require&connect_timeout=9")["OPTIONS"]
    assert isinstance(options, dict)
    assert (options["sslmode"], options["connect_timeout"], options["prepare_threshold"]) == ("require", 9, 5)


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "https://*.example",
        "console.example",
        "https://console.example/",
        "https://console.example/path",
        "https://Console.example",
        "https://me@console.example",
        "https://console.example:port",
        "ftp://console.example",
        "null",
    ],
)
def test_what_is_no_exact_origin_is_refused_and_named(origin: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=re.escape(origin)):
        origins(f"https://fine.example, {origin}")


def test_origins_are_separated_by_commas() -> None:
    assert origins("https://console.example:8443, http://[::1]:3000,") == [
        "https://console.example:8443",
        "http://[::1]:3000",
    ]
    assert origins("") == []


def test_only_redis_and_rabbitmq_are_brokers() -> None:
    for url in ("", "redis://host:6379/1", "rediss://host/1", "amqp://user@host//", "amqps://host//"):
        assert broker(url) == url
    with pytest.raises(ImproperlyConfigured, match="Redis or RabbitMQ"):
        broker("sqs://host")


@pytest.mark.parametrize("raw", ["24:00", "2:30", "02:60", "noon"])
def test_what_is_no_time_of_day_is_refused(raw: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="time of day"):
        nightly(raw, "redis://host")


def test_a_nightly_sync_needs_a_broker() -> None:
    assert nightly("02:30", "redis://host") == (2, 30)
    assert nightly("", "") is None
    with pytest.raises(ImproperlyConfigured, match="cron"):
        nightly("02:30", "")


def test_a_lease_lasts_for_seconds() -> None:
    assert seconds("JOB_LEASE", 2) == 2
    for given in (0, 0.5, 7200):
        with pytest.raises(ImproperlyConfigured, match="JOB_LEASE"):
            seconds("JOB_LEASE", given)
