from typing import Any

import pytest

from adapters.external.auth.credentials import BearerToken
from adapters.external.client import UpstreamClient
from adapters.external.patients import UnconfiguredGateway
from adapters.external.resilience.policy import UpstreamPolicy
from core.errors import Unavailable


@pytest.mark.parametrize(
    "values",
    [
        {"timeout": 0},
        {"timeout": -1.0},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"timeout": "5"},
        {"attempts": 0},
        {"attempts": 2.5},
        {"attempts": 1000},
        {"min_calls": 0},
        {"min_calls": 101},
        {"failure_rate": 1.5},
        {"recovery": 0},
        {"max_calls": 0},
        {"max_body": 0},
    ],
    ids=str,
)
def test_invalid_policy_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        UpstreamPolicy(**values)


@pytest.mark.parametrize(
    "base_url",
    [
        "", "ehr.example", "https://ehr.example:0", "https://ehr.example:65536", "https://ehr.example:-1",
        "https://ehr..example", "https://" + "e" * 64, "https://xn--a", "https://ehr.example/\x00", "https://e/\ud800",
        "ftp://ehr.example", "https://", "https://u:p@ehr.example", "https://ehr.example/?key=1", "https://e#f",
    ],
)  # fmt: skip
def test_invalid_base_url_is_refused(base_url: str) -> None:
    with pytest.raises(ValueError, match="base URL"):
        UpstreamClient(base_url)


@pytest.mark.parametrize("token", ["line\nbreak", "schlüssel"])
def test_token_with_invalid_characters_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(ValueError, match="printable") as raised:
        BearerToken(token)
    assert token not in str(raised.value)


def test_repr_of_client_hides_token() -> None:
    assert "s3cret" not in repr(UpstreamClient("https://ehr.example", credentials=BearerToken("s3cret")))


def test_fetch_without_configured_upstream_says_so() -> None:
    with pytest.raises(Unavailable, match="No upstream system is configured"):
        UnconfiguredGateway().fetch("EHR-1", request_id="r")
