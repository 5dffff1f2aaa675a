from ipaddress import ip_network
from typing import Any

import pytest
from dependency_injector.providers import Object
from django.http import HttpRequest, HttpResponse
from hypothesis import given
from hypothesis import strategies as st

from adapters.http_api.rest.proxies import TrustedProxiesMiddleware
from bootstrap import Container
from core.ports import RateLimiter, RateLimitScope
from tests.http_api.conftest import Api

PROXY, OTHER_PROXY, CALLER = "10.0.0.1", "2001:db8::1", "203.0.113.5"


def seen(settings: Any, peer: str, **headers: str) -> HttpRequest:
    """The request as views have it, behind a proxy at each of two addresses."""
    settings.TRUSTED_PROXIES = (ip_network("10.0.0.0/8"), ip_network(OTHER_PROXY))
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": peer} | {
        f"HTTP_X_FORWARDED_{name.upper()}": value for name, value in headers.items()
    }
    TrustedProxiesMiddleware(lambda _: HttpResponse())(request)
    return request


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        (CALLER, "198.51.100.7", CALLER),
        (CALLER, "10.0.0.2", CALLER),
        (PROXY, CALLER, CALLER),
        (PROXY, f"198.51.100.7, {CALLER}", CALLER),
        (PROXY, f"{CALLER}, {OTHER_PROXY},10.0.0.2", CALLER),
        (PROXY, f"198.51.100.7, 192.0.2.1, {OTHER_PROXY}", "192.0.2.1"),
        (PROXY, f"{CALLER}:50412", CALLER),
        (PROXY, "2001:db8::9", "2001:db8::9"),
        (PROXY, "[2001:DB8::9]:443", "2001:db8::9"),
        (f"::ffff:{CALLER}", "", CALLER),
        (f"::ffff:{PROXY}", f"::ffff:{CALLER}", CALLER),
        (PROXY, "fe80::1%eth0", "fe80::1"),
        (PROXY, "10.0.0.2", "10.0.0.2"),
        (PROXY, "", PROXY),
        (PROXY, "unknown", PROXY),
        (PROXY, f"{CALLER}, 999.1.1.1", PROXY),
        (PROXY, f"{CALLER},,{OTHER_PROXY}", OTHER_PROXY),
        ("", CALLER, ""),
    ],
)
def test_the_caller_is_the_last_address_before_the_trusted_proxies(
    settings: Any, peer: str, forwarded: str, caller: str
) -> None:
    assert seen(settings, peer, **{"for": forwarded}).META["REMOTE_ADDR"] == caller


@given(spoofed=st.text() | st.lists(st.ip_addresses().map(str)).map(",".join))
@pytest.mark.parametrize("hops", [CALLER, f"{CALLER}, 10.2.2.2", f"[2001:db8::9]:1,{OTHER_PROXY}"])
def test_no_header_of_a_caller_changes_its_recorded_address(settings: Any, hops: str, spoofed: str) -> None:
    believed = seen(settings, PROXY, **{"for": hops}).META["REMOTE_ADDR"]
    assert seen(settings, PROXY, **{"for": f"{spoofed},{hops}"}).META["REMOTE_ADDR"] == believed
    assert seen(settings, CALLER, **{"for": spoofed}).META["REMOTE_ADDR"] == CALLER


@pytest.mark.parametrize(
    ("peer", "said", "secure"),
    [
        (PROXY, "https", True),
        (PROXY, "http", False),
        (PROXY, "https,http", False),
        (PROXY, "https, https", False),
        (CALLER, "https", False),
        ("", "https", False),
    ],
)
def test_only_a_trusted_proxy_can_report_tls(settings: Any, peer: str, said: str, secure: bool) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert seen(settings, peer, proto=said).is_secure() == secure


@pytest.mark.parametrize(("trusted", "caller"), [((), "127.0.0.1"), ((ip_network("127.0.0.1"),), CALLER)])
def test_limits_apply_to_the_caller_behind_the_proxy(
    settings: Any, registry: Container, trusted: object, caller: str
) -> None:
    settings.TRUSTED_PROXIES = trusted
    heard: list[str] = []

    class Listening(RateLimiter):
        def acquire(self, scope: RateLimitScope, who: str) -> None:
            heard.append(who)

    with registry.limiter.override(Object(Listening())):
        Api().get("posts/", X_Forwarded_For=CALLER)
    assert heard == [caller]
