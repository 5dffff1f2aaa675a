"""The settings of production that matter to browsers and proxies, for tests that run in this process."""

from runpy import run_module
from typing import Any

import pytest

from config.settings.networks import origins, trusted_proxies

HOST, CONSOLE = "registry.example", "https://good.example"
SECURE = {"Host": HOST, "X-Forwarded-Proto": "https"}
_ENVIRONMENT = {
    "SECRET_KEY": "a secret of sixty characters, which is long enough for this one",
    "ALLOWED_HOSTS": HOST,
    "DATABASE_URL": "sqlite://",
    "CACHE_URL": "redis://127.0.0.1:1/0",
}
_TAKEN = ("ALLOWED_HOSTS", "CSRF_", "SECURE_", "SESSION_")


def use_production(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """For clients that are made afterwards, because middleware reads its settings once. This process is the proxy."""
    for name, value in _ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name, value in run_module("config.settings.production").items():
        if name.startswith(_TAKEN):
            setattr(settings, name, value)
    settings.TRUSTED_PROXIES = trusted_proxies("127.0.0.1")
    settings.CORS_ALLOWED_ORIGINS = origins(CONSOLE)
