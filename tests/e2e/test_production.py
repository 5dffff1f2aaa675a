from pathlib import Path
from runpy import run_module

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from bootstrap import registry_on_django
from config.configuration import configuration
from tests.e2e.conftest import UNREACHABLE_CACHE, finished, manage

SECRET = "a secret of sixty characters, which is long enough for this one"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"ALLOWED_HOSTS": "registry.example"}, "SECRET_KEY"),
        ({"ALLOWED_HOSTS": "registry.example", "SECRET_KEY": "short"}, "SECRET_KEY"),
        (
            {
                "ALLOWED_HOSTS": "registry.example",
                "SECRET_KEY": "for development only: production refuses to start with this secret",
            },
            "SECRET_KEY",
        ),
        ({"SECRET_KEY": SECRET}, "ALLOWED_HOSTS"),
        ({"SECRET_KEY": SECRET, "ALLOWED_HOSTS": "registry.example", "DATABASE_URL": ""}, "DATABASE_URL"),
        ({"SECRET_KEY": SECRET, "ALLOWED_HOSTS": "registry.example", "CACHE_URL": ""}, "CACHE_URL"),
    ],
)
def test_production_needs_a_setting_and_names_it(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], expected: str
) -> None:
    given = {"SECRET_KEY": "", "ALLOWED_HOSTS": "", "DATABASE_URL": "sqlite://", "CACHE_URL": UNREACHABLE_CACHE}
    for name, value in (given | settings).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=f"Set {expected} "):
        run_module("config.settings.production")


def test_production_refuses_to_start_and_names_the_setting(environment: dict[str, str]) -> None:
    settings = {"DJANGO_ENV": "production", "CACHE_URL": UNREACHABLE_CACHE, "ALLOWED_HOSTS": "registry.example"}
    settings |= {"SECRET_KEY": SECRET, "SECRET_KEY_FALLBACKS": "x"}
    status, _, err = finished(manage(environment | settings, "check"))
    assert status != 0
    assert "Set SECRET_KEY_FALLBACKS" in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("database", "command"), [("postgres://user@127.0.0.1:1/name", "check"), ("sqlite:///{}/registry.sqlite3", "serve")]
)
def test_the_development_secret_is_refused_by_postgresql_and_by_serve(
    environment: dict[str, str], tmp_path: Path, database: str, command: str
) -> None:
    settings = {"DATABASE_URL": database.format(tmp_path)}
    status, _, err = finished(manage(environment | settings, command))
    assert status != 0
    assert "Set SECRET_KEY to your own secret" in err.splitlines()[-1]


def test_secrets_are_read_from_files(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET + "\n", encoding="utf-8")
    (tmp_path / "url").write_text(f"sqlite:///{tmp_path}/other.sqlite3", encoding="utf-8")
    del environment["DATABASE_URL"]
    settings = {
        "DJANGO_ENV": "production",
        "CACHE_URL": UNREACHABLE_CACHE,
        "ALLOWED_HOSTS": "registry.example",
        "SECRET_KEY_FILE": str(tmp_path / "key"),
        "DATABASE_URL_FILE": str(tmp_path / "url"),
    }
    status, _, err = finished(manage(environment | settings, "migrate", "--verbosity", "0"))
    assert (status, err) == (0, "")
    assert (tmp_path / "other.sqlite3").exists()


def test_production_passes_the_deployment_check_without_a_warning(environment: dict[str, str]) -> None:
    settings = {
        "DJANGO_ENV": "production",
        "CACHE_URL": UNREACHABLE_CACHE,
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "registry.example",
    }
    status, out, err = finished(manage(environment | settings, "check", "--deploy", "--fail-level", "WARNING"))
    assert (status, err) == (0, "")
    assert "no issues" in out


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"EXTERNAL_API_POLICY": "patience=9"}, "no 'patience'"),
        ({"EXTERNAL_API_CLIENT_CERT": "missing.pem"}, "client certificate"),
        ({"CORS_ORIGINS": "https://console.example,*"}, "CORS_ORIGINS"),
        ({"TRUSTED_PROXIES": "10.0.0.7,proxy.example"}, "TRUSTED_PROXIES"),
    ],
)
def test_an_unusable_setting_stops_the_start(
    environment: dict[str, str], settings: dict[str, str], expected: str
) -> None:
    status, _, err = finished(manage(environment | settings, "check"))
    assert status != 0
    assert expected in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"EXTERNAL_API_BASE_URL": "ftp://upstream.example"}, "base URL must be http or https"),
        ({"EXTERNAL_API_BASE_URL": "http://upstream.example", "EXTERNAL_API_TIMEOUT": 0.0}, "timeout"),
        ({"EXTERNAL_API_POLICY": "recovery=long"}, "recovery must be a number"),
        ({"EXTERNAL_API_POLICY": "attempts=0"}, "attempts"),
        ({"EXTERNAL_API_CLIENT_ID": "registry"}, "EXTERNAL_API_TOKEN_URL"),
        ({"EXTERNAL_API_CLIENT_KEY": "key.pem"}, "EXTERNAL_API_CLIENT_CERT"),
        ({"PHONE_REGION": "uk"}, "PHONE_REGION"),
        ({"BREACHED_PASSWORDS": "/nowhere"}, "BREACHED_PASSWORDS names a file that cannot be read: No such file"),
        ({"SYNC_FIELDS": ["status"]}, "SYNC_FIELDS"),
        ({"SYNC_MAX_ALIKE": 20.0}, "SYNC_MAX_ALIKE must be more than 0 and at most 1. It is 20"),
        ({"IDENTIFIER_SYSTEMS": "[{"}, "IDENTIFIER_SYSTEMS is not valid JSON"),
    ],
)
def test_registry_refuses_settings_that_cannot_work(settings: dict[str, object], expected: str) -> None:
    with override_settings(**settings), pytest.raises(ValueError, match=expected):
        registry_on_django(configuration()).upstream()
