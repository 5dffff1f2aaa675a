from collections.abc import Callable

import pytest
from django.test import Client

from bootstrap import Container
from core.access import Role
from tests.http_api.conftest import (
    PASSWORD,
    SETUP,
    ada,
    colleague,
    duplicate,
    patient_id,
    register,
    registry,
    upstream,
    views_at_once,
)

__all__ = ["ada", "colleague", "duplicate", "patient_id", "register", "registry", "upstream", "views_at_once"]


@pytest.fixture
def sign_in_as(registry: Container) -> Callable[[Role], Client]:
    """A browser of a new user of the role, signed in to the console."""

    def sign_in(role: Role) -> Client:
        email = f"{role}@clinic.example"
        registry.create_user()(actor=SETUP, email=email, password=PASSWORD, role=role)
        browser = Client(raise_request_exception=False, headers={"Accept": "text/html"})
        assert browser.post("/console/sign-in/", {"email": email, "password": PASSWORD}).status_code == 302
        return browser

    return sign_in


@pytest.fixture
def clerk(sign_in_as: Callable[[Role], Client]) -> Client:
    return sign_in_as(Role.CLERK)


@pytest.fixture
def reader(sign_in_as: Callable[[Role], Client]) -> Client:
    return sign_in_as(Role.READER)
