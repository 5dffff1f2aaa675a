"""OAuth 2 client credentials, against a real token server; and client certificates."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Generator
from datetime import timedelta
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from urllib.parse import parse_qs

import pytest

from adapters.external.auth.oauth import RENEWAL_INTERVAL, ClientCredentials
from adapters.external.client import UpstreamClient
from adapters.external.errors import CredentialsRejected, UpstreamDown, UpstreamNotTrusted
from adapters.external.resilience.policy import UpstreamPolicy
from adapters.external.transport.tls import ClientCertificate
from core.errors import RegistryError, Unavailable
from tests.external.conftest import StoppedTime, fetch, logged
from tests.external.upstream import Answer, Upstream, hang, reply, running_upstream, send

ADA = {"first_name": "Ada"}
SECRET = "s3cret&more"
POLICY = UpstreamPolicy(attempts=1, timeout=2.0, attempt_timeout=1.0)
REFUSED = reply(b"", status=401)


@pytest.fixture
def tokens() -> Generator[Upstream]:
    """The token server. By default it issues the tokens 1, 2, …, each valid for an hour."""
    with running_upstream() as server:
        server.answers(*(token(str(number)) for number in range(1, 9)))
        yield server


@pytest.fixture
def client(upstream: Upstream, tokens: Upstream, time: StoppedTime) -> Generator[UpstreamClient]:
    upstream.answers(reply(ADA))
    credentials = ClientCredentials(f"{tokens.url}/token", "registry", SECRET, "patients.read", POLICY, time.monotonic)
    client = UpstreamClient(upstream.url, POLICY, credentials=credentials)
    yield client
    client.close()


def token(value: object, expires_in: object = 3600, token_type: object = "Bearer") -> reply:
    return reply({"access_token": value, "token_type": token_type, "expires_in": expires_in})


def sent(upstream: Upstream) -> list[str]:
    return [request.headers["authorization"] for request in upstream.requests]


def wait_until(true: Callable[[], bool]) -> bool:
    until = monotonic() + 3
    while not true() and monotonic() < until:
        sleep(0.01)
    return true()


def uses_soon(client: UpstreamClient, upstream: Upstream, authorization: str) -> bool:
    """Calls until a token that is being renewed in the background is used."""
    return wait_until(lambda: fetch(client) == ADA and sent(upstream)[-1] == authorization)


def test_token_request_follows_rfc_6749(client: UpstreamClient, upstream: Upstream, tokens: Upstream) -> None:
    assert fetch(client) == ADA
    (asked,) = tokens.requests
    assert parse_qs(asked.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["patients.read"]}
    assert asked.headers["authorization"] == f"Basic {b64encode(b'registry:s3cret%26more').decode()}"
    assert sent(upstream) == ["Bearer 1"]


def test_concurrent_calls_share_one_token_request(client: UpstreamClient, upstream: Upstream, tokens: Upstream) -> None:
    async def calls() -> None:
        await asyncio.gather(*(client.aget_object("patients", str(n), request_id="r") for n in range(10)))

    asyncio.run(calls())
    asyncio.run(calls())
    assert len(tokens.requests) == 1
    assert set(sent(upstream)) == {"Bearer 1"}


@pytest.mark.parametrize(("expires_in", "renewed_after"), [(3600, 3540), (100, 90)])
def test_token_is_renewed_before_it_expires(
    client: UpstreamClient,
    upstream: Upstream,
    tokens: Upstream,
    time: StoppedTime,
    expires_in: int,
    renewed_after: int,
) -> None:
    tokens.answers(token("1", expires_in), token("2"))
    fetch(client)
    time.now += renewed_after - 1
    fetch(client)
    assert len(tokens.requests) == 1
    time.now += 1
    fetch(client)
    assert uses_soon(client, upstream, "Bearer 2")
    assert len(tokens.requests) == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(reply(b"", status=500), "unavailable"), (reply(b"", status=401), "credentials_rejected"), (hang, "timeout")],
    ids=["500", "401", "hang"],
)
def test_failed_background_renewal_is_repeated_while_the_old_token_is_valid(
    client: UpstreamClient,
    upstream: Upstream,
    tokens: Upstream,
    time: StoppedTime,
    caplog: pytest.LogCaptureFixture,
    answer: Answer,
    reason: str,
) -> None:
    tokens.answers(token("1"), answer, token("2"))
    fetch(client)
    time.now += 3540
    for _ in range(3):
        started = monotonic()
        assert fetch(client) == ADA
        assert monotonic() - started < POLICY.attempt_timeout / 2
    assert wait_until(lambda: bool(logged(caplog)))
    assert [(line["event"], line["error"]) for line in logged(caplog)] == [("upstream_token_not_renewed", reason)]
    assert sent(upstream) == ["Bearer 1"] * 4
    assert len(tokens.requests) == 2
    time.now += RENEWAL_INTERVAL
    assert uses_soon(client, upstream, "Bearer 2")
    assert len(tokens.requests) == 3


def test_expired_token_is_not_used(
    client: UpstreamClient, upstream: Upstream, tokens: Upstream, time: StoppedTime
) -> None:
    tokens.answers(token("1"), reply(b"", status=500))
    fetch(client)
    time.now += 3600
    with pytest.raises(UpstreamDown):
        fetch(client)
    assert sent(upstream) == ["Bearer 1"]


def test_token_is_requested_again_after_a_timeout_with_many_waiters(upstream: Upstream, tokens: Upstream) -> None:
    tokens.answers(hang, token("1"))
    upstream.answers(reply(ADA))
    policy = UpstreamPolicy(attempts=1, timeout=2.0, attempt_timeout=1.0, min_calls=1000, window_calls=1000)
    client = UpstreamClient(
        upstream.url, policy, credentials=ClientCredentials(f"{tokens.url}/token", "registry", SECRET, policy=policy)
    )

    async def calls() -> list[object]:
        """Overlapping calls, so that there is always a waiter."""
        asked: list[asyncio.Task[object]] = []
        for number in range(10):
            asked.append(asyncio.create_task(client.aget_object("patients", str(number), request_id="r")))
            await asyncio.sleep(0.1)
        return await asyncio.gather(*asked, return_exceptions=True)

    assert not isinstance(asyncio.run(calls())[-1], Exception)
    client.close()


@pytest.mark.parametrize("life", [{}, {"expires_in": None}, {"expires_in": ""}])
def test_token_without_lifetime_is_used_until_rejected(
    client: UpstreamClient, upstream: Upstream, tokens: Upstream, time: StoppedTime, life: dict[str, str | None]
) -> None:
    tokens.answers(reply({"access_token": "1", "token_type": "bearer", **life}), token("2"))
    upstream.answers(reply(ADA), reply(ADA), REFUSED, reply(ADA))
    fetch(client)
    time.now += 1_000_000
    fetch(client)
    assert fetch(client) == ADA
    assert sent(upstream) == ["Bearer 1", "Bearer 1", "Bearer 1", "Bearer 2"]


@pytest.mark.parametrize("expires_in", [10**400, 1e300, "3600", "9" * 400])
def test_large_and_string_lifetimes_are_accepted(
    client: UpstreamClient, upstream: Upstream, tokens: Upstream, expires_in: object
) -> None:
    tokens.answers(token("1", expires_in))
    for _ in range(2):
        assert fetch(client) == ADA
    assert len(tokens.requests) == 1


def test_repeatedly_rejected_tokens_do_not_double_the_load(
    upstream: Upstream, tokens: Upstream, time: StoppedTime, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.answers(REFUSED)
    credentials = ClientCredentials(f"{tokens.url}/token", "registry", SECRET, policy=POLICY)
    client = UpstreamClient(upstream.url, credentials=credentials, monotonic=time.monotonic)
    for _ in range(20):
        with pytest.raises(CredentialsRejected):
            fetch(client)
    assert 20 < len(upstream.requests) <= 20 + 1 + 2 + 20 * client.policy.retry_share
    assert len(logged(caplog)) == 1
    upstream.answers(reply(ADA), REFUSED)
    fetch(client)
    with pytest.raises(CredentialsRejected):
        fetch(client)
    assert logged(caplog) == [{"event": "upstream_credentials_rejected", "upstream": "upstream"}] * 2
    client.close()


def test_rejected_token_is_renewed_once(client: UpstreamClient, upstream: Upstream, tokens: Upstream) -> None:
    upstream.answers(REFUSED, reply(ADA))
    assert fetch(client) == ADA
    assert sent(upstream) == ["Bearer 1", "Bearer 2"]


def test_call_rejected_late_uses_the_token_another_call_renewed(
    client: UpstreamClient, upstream: Upstream, tokens: Upstream
) -> None:
    early, late = Event(), Event()
    upstream.answers(reply(b"", status=401, after=early), reply(b"", status=401, after=late), reply(ADA))

    async def calls() -> None:
        first = asyncio.create_task(client.aget_object("patients", "1", request_id="r"))
        await asyncio.to_thread(upstream.wait_for, 1)
        second = asyncio.create_task(client.aget_object("patients", "2", request_id="r"))
        await asyncio.to_thread(upstream.wait_for, 2)
        early.set()
        await first
        late.set()
        await second

    asyncio.run(calls())
    assert len(tokens.requests) == 2
    assert sent(upstream) == ["Bearer 1", "Bearer 1", "Bearer 2", "Bearer 2"]


def test_call_fails_if_the_new_token_is_rejected_too(
    client: UpstreamClient, upstream: Upstream, tokens: Upstream
) -> None:
    upstream.answers(REFUSED)
    with pytest.raises(CredentialsRejected):
        fetch(client)
    assert sent(upstream) == ["Bearer 1", "Bearer 2"]


def test_403_does_not_renew_the_token(client: UpstreamClient, upstream: Upstream, tokens: Upstream) -> None:
    upstream.answers(reply(b"", status=403))
    with pytest.raises(CredentialsRejected):
        fetch(client)
    assert len(tokens.requests) == len(upstream.requests) == 1


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (reply(b"", status=404), Unavailable, "invalid_response"),
        (reply(b"", status=500), UpstreamDown, "unavailable"),
        (reply(b"", status=429), Unavailable, "rate_limited"),
        (reply(b"", status=302, headers={"Location": "/token"}), Unavailable, "invalid_response"),
        (send(b""), UpstreamDown, "unavailable"),
        (REFUSED, CredentialsRejected, "credentials_rejected"),
        (reply({"error": "invalid_client"}, status=400), CredentialsRejected, "credentials_rejected"),
        (reply({"error": "unauthorized_client"}, status=400), CredentialsRejected, "credentials_rejected"),
        (reply({"error": "invalid_scope"}, status=400), Unavailable, "invalid_response"),
        (reply({"error": ["invalid_client"]}, status=400), Unavailable, "invalid_response"),
        (reply(b"<html>", status=400), Unavailable, "invalid_response"),
        (reply(b"<html>"), Unavailable, "invalid_response"),
        (reply({}), Unavailable, "invalid_response"),
        (token("1", token_type="mac"), Unavailable, "invalid_response"),
        (token(""), Unavailable, "invalid_response"),
        (token("line\nbreak"), Unavailable, "invalid_response"),
        (token(5), Unavailable, "invalid_response"),
        (token("1", expires_in="soon"), Unavailable, "invalid_response"),
        (token("1", expires_in=0), Unavailable, "invalid_response"),
        (token("1", expires_in=True), Unavailable, "invalid_response"),
        (hang, UpstreamDown, "timeout"),
    ],
)
def test_failed_token_request_is_reported_without_the_secret(
    client: UpstreamClient,
    upstream: Upstream,
    tokens: Upstream,
    caplog: pytest.LogCaptureFixture,
    answer: Answer,
    error: type[RegistryError],
    reason: str,
) -> None:
    tokens.answers(answer)
    started = monotonic()
    with pytest.raises(Unavailable) as raised:
        fetch(client)
    assert type(raised.value) is error
    assert "token server" in str(raised.value)
    assert client.circuit_breaker.window.snapshot().calls == (error is UpstreamDown)
    assert monotonic() - started < POLICY.attempt_timeout + 1.5
    assert upstream.requests == []
    assert len(tokens.requests) == 1
    first = logged(caplog)[0]
    assert (first["event"], first["error"]) == ("upstream_token_not_renewed", reason)
    assert "s3cret" not in f"{raised.value} {caplog.text} {client!r}"


def test_untrusted_token_server_is_not_retried(upstream: Upstream, tokens: Upstream) -> None:
    not_tls = tokens.url.replace("http:", "https:")
    credentials = ClientCredentials(f"{not_tls}/token", "registry", SECRET)
    client = UpstreamClient(upstream.url, credentials=credentials)
    with pytest.raises(UpstreamNotTrusted, match="token server"):
        fetch(client)
    assert tokens.connections == 1
    client.close()


def test_retry_after_of_the_token_server_is_passed_to_the_caller(client: UpstreamClient, tokens: Upstream) -> None:
    for status in (429, 503):
        tokens.answers(reply(b"", status=status, headers={"Retry-After": "9"}))
        with pytest.raises(Unavailable) as raised:
            fetch(client)
        assert raised.value.retry_after == timedelta(seconds=9)


def test_cancelled_call_does_not_cancel_the_shared_renewal(
    client: UpstreamClient, upstream: Upstream, tokens: Upstream
) -> None:
    given = Event()
    tokens.answers(reply({"access_token": "1", "token_type": "Bearer"}, after=given))

    async def scenario() -> object:
        first, second = (asyncio.create_task(client.aget_object("patients", who, request_id="r")) for who in ("1", "2"))
        await asyncio.to_thread(tokens.wait_for, 1)
        await asyncio.sleep(0.05)
        first.cancel()
        await asyncio.wait([first])
        given.set()
        answer = await second
        return answer and answer.document

    assert asyncio.run(scenario()) == ADA
    assert len(tokens.requests) == 1


@pytest.mark.parametrize(
    "given",
    [
        ("ftp://login.example", "id", "secret"),
        ("https://login.example:99999", "id", "secret"),
        ("https://login.example", "", "secret"),
        ("https://login.example", "id", ""),
    ],
)
def test_invalid_client_credentials_are_refused(given: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError, match=r"token URL|client_id|client_secret"):
        ClientCredentials(*given)


def test_unusable_client_certificate_is_refused_at_configuration(tmp_path: Path) -> None:
    no_certificate = tmp_path / "certificate.pem"
    with pytest.raises(ValueError, match="client certificate"):
        ClientCertificate(no_certificate)
    no_certificate.write_text("nothing")
    with pytest.raises(ValueError, match="client certificate"):
        ClientCertificate(no_certificate)


@pytest.mark.parametrize("given", ["line\nbreak", "schlüssel", "half a \ud800"])
@pytest.mark.parametrize("place", [0, 1, 2], ids=["id", "secret", "scope"])
def test_client_credentials_with_invalid_characters_are_refused_without_showing_them(place: int, given: str) -> None:
    client_id, secret, scope = (given if here == place else "good" for here in range(3))
    with pytest.raises(ValueError, match="printable") as raised:
        ClientCredentials("https://login.example/token?tenant=1", client_id, secret, scope)
    assert given not in str(raised.value)
