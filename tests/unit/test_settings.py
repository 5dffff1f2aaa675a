import re

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings.databases import database
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
