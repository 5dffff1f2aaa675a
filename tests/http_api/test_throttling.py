import re
from collections.abc import Callable, Generator
from typing import cast

import pytest
from dependency_injector.providers import Object
from django.core.cache import caches
from django.test import Client

from adapters.caching.backend import CacheBackend
from adapters.caching.rate_limiter import CacheRateLimiter
from bootstrap import Container
from core.access import Role
from core.patients.entities import Patient
from core.ports import RateLimit, RateLimitScope
from tests.fakes import ScriptedGateway
from tests.http_api.client import Answer, Api
from tests.http_api.conftest import PASSWORD, SETUP
from tests.http_api.problems import kind

LIMITS = {
    RateLimitScope.ANONYMOUS: 3,
    RateLimitScope.USER: 5,
    RateLimitScope.SIGN_IN: 2,
    RateLimitScope.SIGN_IN_ADDRESS: 3,
    RateLimitScope.SIGN_IN_EMAIL: 4,
    RateLimitScope.SIGN_IN_KNOWN: 1,
    RateLimitScope.SYNC: 2,
}


@pytest.fixture(autouse=True)
def limits(registry: Container) -> Generator[None]:
    """So many a day; the calls that the fixtures make are not counted."""
    caches["default"].clear()
    few = CacheRateLimiter(CacheBackend(), {scope: RateLimit(calls, 86_400) for scope, calls in LIMITS.items()})
    limited = (registry.password_verifier, registry.verify_password, registry.sign_in)
    with registry.limiter.override(Object(few)):
        for provider in limited:
            provider.reset()
        yield
    for provider in limited:
        provider.reset()
    caches["default"].clear()


def calls_until_refused(call: Callable[[], Answer]) -> int:
    for count in range(20):
        response = call()
        if response.status_code == 429:
            assert kind(response) == "too-many-requests"
            assert int(response["Retry-After"]) > 0
            return count
    raise AssertionError("No call was refused.")


def test_responses_state_the_remaining_limit(
    reader: Api, anonymous: Api, ada: Patient, upstream: ScriptedGateway
) -> None:
    upstream.answer = {"last_name": "Byron"}
    left = [reader.get("patients/")["RateLimit"] for _ in range(5)]
    assert [re.fullmatch(r'"user";r=(\d);t=(\d+)', one)[1] for one in left] == list("43210")  # type: ignore[index]
    assert reader.get("patients/")["RateLimit-Policy"] == '"user";q=5;w=86400'
    refused = anonymous.get("users/me/")
    assert (refused.status_code, refused["RateLimit-Policy"]) == (401, '"anonymous";q=3;w=86400')
    wrong = {"email": "nobody@clinic.example", "password": "wrong password"}
    answers = [anonymous.post("auth/token/", wrong) for _ in range(3)]
    assert [answer["RateLimit"].partition(";t=")[0] for answer in answers[:1]] == ['"anonymous";r=1']
    assert answers[-1].status_code == 429
    assert f't={answers[-1]["Retry-After"]}' in answers[-1]["RateLimit"]


def test_anonymous_calls_are_limited_per_address(anonymous: Api) -> None:
    assert calls_until_refused(lambda: anonymous.get("schema/")) == 3


@pytest.mark.parametrize("token", ["", "a.b.c", f"prk_{'0' * 32}_{'x' * 43}"])
def test_attempts_with_tokens_are_limited_per_address(token: str) -> None:
    assert calls_until_refused(lambda: Api(token).get("users/me/")) == 3


def test_attempts_to_sign_in_to_the_admin_are_limited(registry: Container) -> None:
    def is_limited(address: str, username: str) -> bool:
        given = {"username": username, "password": "wrong password"}
        response = Client(REMOTE_ADDR=address).post("/admin/login/", given)
        return "Too many requests" in response.content.decode()

    assert [is_limited("192.0.2.1", "u@clinic.example") for _ in range(3)] == [False, False, True]
    assert [is_limited("192.0.2.2", f"u{number}@clinic.example") for number in range(3)] == [False, False, False]
    assert is_limited("192.0.2.3", "u@clinic.example") is False
    assert [is_limited(f"192.0.2.{number}", "u@clinic.example") for number in (4, 5)] == [False, True]


def test_page_views_are_limited_per_address_and_per_signed_in_user(registry: Container) -> None:
    def calls_from(number: int, client: Client, *paths: str) -> int:
        client.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"
        calls = iter(paths * 10)
        return calls_until_refused(lambda: cast("Answer", client.get(next(calls))))

    assert calls_from(1, Client(), "/notices/", "/notices/none/", "/admin/", "/") == 3
    assert Client(REMOTE_ADDR="192.0.2.1").get("/health/live").status_code == 200
    given = {"email": "admin@clinic.example", "password": PASSWORD}
    registry.create_user()(actor=SETUP, email=given["email"], password=PASSWORD, role=Role.ADMIN)
    boss = Client(REMOTE_ADDR="192.0.2.2")
    boss.post("/admin/login/", {"username": given["email"], "password": PASSWORD})
    assert calls_from(1, boss, "/admin/") == 5


def test_calls_are_limited_per_user(reader: Api, clerk: Api) -> None:
    assert calls_until_refused(lambda: reader.get("patients/")) == 5
    assert clerk.get("patients/").status_code == 200


def test_calls_refused_for_a_precondition_or_a_permission_count_too(reader: Api, clerk: Api) -> None:
    assert calls_until_refused(lambda: reader.post("patients/", {})) == 5
    assert calls_until_refused(lambda: clerk.post("patients/", {}, If_Match='"1"')) == 5


def test_attempts_to_sign_in_are_limited(anonymous: Api) -> None:
    wrong = {"email": "nobody@clinic.example", "password": "wrong password"}
    assert calls_until_refused(lambda: anonymous.post("auth/token/", wrong)) == 2


def test_syncs_are_limited_per_user_separately_from_other_calls(
    clerk: Api, ada: Patient, upstream: ScriptedGateway
) -> None:
    upstream.answer = {"last_name": "Byron"}
    assert calls_until_refused(lambda: clerk.post(f"patients/{ada.id}/sync_external_data/")) == 2
    assert len(upstream.asked) == 2
    assert clerk.get(f"patients/{ada.id}/").status_code == 200


def test_each_address_and_each_ipv6_network_has_its_own_count() -> None:
    def calls_from(address: str) -> int:
        api = Api()
        api.client.defaults["REMOTE_ADDR"] = address
        return calls_until_refused(lambda: api.get("schema/"))

    assert calls_from("192.0.2.1") == calls_from("192.0.2.2") == 3
    assert calls_from("2001:db8:0:1::1") == 3
    assert calls_from("2001:db8:0:ff:ffff::2") == 0
    assert calls_from("2001:db8:0:100::1") == 3
    assert calls_from("unix:") == 3
