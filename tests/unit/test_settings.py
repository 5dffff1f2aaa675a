import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings.caches import require_shared_cache
from config.settings.databases import database
from config.settings.jobs import broker, nightly, seconds
from config.settings.networks import origins
from config.settings.secret_files import secret


def test_options_in_a_database_url_are_kept_first() -> None:
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
def test_an_inexact_origin_is_refused_by_name(origin: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=re.escape(origin)):
        origins(f"https://fine.example, {origin}")


def test_origins_are_separated_by_commas() -> None:
    assert origins("https://console.example:8443, http://[::1]:3000,") == [
        "https://console.example:8443",
        "http://[::1]:3000",
    ]
    assert origins("") == []


def test_a_secret_is_the_literal_content_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_bytes(b"$HOME \xc3\xa9 \r\n")
    monkeypatch.setenv("EXTERNAL_API_TOKEN_FILE", str(file))
    assert secret("EXTERNAL_API_TOKEN") == "$HOME é "
    monkeypatch.setenv("EXTERNAL_API_TOKEN", "another")
    with pytest.raises(ImproperlyConfigured, match="either EXTERNAL_API_TOKEN or EXTERNAL_API_TOKEN_FILE"):
        secret("EXTERNAL_API_TOKEN")


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "cannot be read"), (b"\xff", "UTF-8"), (b"x" * 10_001, "at most 10000 bytes")]
)
def test_an_unusable_secret_file_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    monkeypatch.setenv("EXTERNAL_API_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(ImproperlyConfigured, match=f"EXTERNAL_API_TOKEN_FILE .*{reason}"):
        secret("EXTERNAL_API_TOKEN")


def test_only_redis_and_rabbitmq_are_brokers() -> None:
    for url in ("", "redis://host:6379/1", "rediss://host/1", "amqp://user@host//", "amqps://host//"):
        assert broker(url) == url
    with pytest.raises(ImproperlyConfigured, match="Redis or RabbitMQ"):
        broker("sqs://host")


@pytest.mark.parametrize("raw", ["24:00", "2:30", "02:60", "noon"])
def test_an_invalid_time_of_day_is_refused(raw: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="time of day"):
        nightly(raw, "redis://host")


def test_a_nightly_sync_needs_a_broker() -> None:
    assert nightly("02:30", "redis://host") == (2, 30)
    assert nightly("", "") is None
    with pytest.raises(ImproperlyConfigured, match="cron"):
        nightly("02:30", "")


def test_a_lease_is_given_in_seconds() -> None:
    assert seconds("JOB_LEASE", 2) == 2
    for given in (0, 0.5, 7200):
        with pytest.raises(ImproperlyConfigured, match="JOB_LEASE"):
            seconds("JOB_LEASE", given)


@pytest.mark.parametrize("processes", ["", "0", "-1", "two", "1.5"])
def test_an_invalid_number_of_processes_is_refused_by_name(processes: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="GRANIAN_WORKERS"):
        require_shared_cache("redis://127.0.0.1/0", processes)


def test_several_processes_need_a_shared_cache() -> None:
    require_shared_cache("", "1")
    require_shared_cache("redis://127.0.0.1/0", "2")
    with pytest.raises(ImproperlyConfigured, match=r"CACHE_URL .* or GRANIAN_WORKERS=1"):
        require_shared_cache("", "2")
