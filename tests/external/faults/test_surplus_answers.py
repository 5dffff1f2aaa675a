"""An upstream that sends more than was asked for: what is left over is nobody's record."""

import json
from threading import Event

import pytest

from adapters.external.client import UpstreamClient
from tests.external.faults.conftest import PATIENT, ClientOf
from tests.external.faults.server import (
    ADA,
    LONGEST,
    OK,
    Connection,
    MisbehavingServer,
    well,
    whole,
)

ONE_READ = 4096
BOB = json.dumps({"first_name": "Bob"}).encode()
EVE = whole(json.dumps({"first_name": "Eve"}).encode())


def padded(length: int) -> bytes:
    """An answer of so many bytes in all; its length has four digits."""
    head = len(whole(b" " * 1000)) - 1000
    return whole(BOB.ljust(length - head))


ANSWERS = {
    "another answer": [whole(BOB) + EVE],
    "another answer later": [whole(BOB), EVE],
    "another answer after the last byte of a read": [padded(ONE_READ) + EVE],
    "the start of another answer": [whole(BOB) + EVE[:30]],
    "more body than was declared": [OK + b"Content-Length: %d\r\n\r\n" % len(BOB) + BOB + b"more"],
    "more after the last chunk": [
        OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(BOB) + BOB + b"\r\n0\r\n\r\n" + EVE
    ],
    "an answer after a 404": [whole(b"", 404) + EVE],
}


@pytest.fixture(params=["plain_server", "tls_server"])
def server(request: pytest.FixtureRequest) -> MisbehavingServer:
    return request.getfixturevalue(request.param)


def found(client: UpstreamClient) -> object:
    answer = client.get_object("patients", "1", request_id="r")
    return answer and answer.document


@pytest.mark.parametrize("parts", ANSWERS.values(), ids=ANSWERS.keys())
def test_what_is_left_over_is_not_the_next_patients_record(
    server: MisbehavingServer, client_of: ClientOf, parts: list[bytes]
) -> None:
    sent = Event()

    def too_much(connection: Connection) -> None:
        for part in parts:
            connection.send(part)
        server.behaviour = well
        sent.set()
        connection.wait(LONGEST)

    server.behaviour = too_much
    client = client_of(server.url, PATIENT)
    assert found(client) in ({"first_name": "Bob"}, None)
    assert sent.wait(LONGEST)
    assert [found(client) for _ in range(3)] == [ADA] * 3
    assert len(server.connections) == 2


def test_a_connection_with_nothing_left_over_is_used_again(server: MisbehavingServer, client_of: ClientOf) -> None:
    client = client_of(server.url, PATIENT)
    assert [found(client) for _ in range(3)] == [ADA] * 3
    assert len(server.connections) == 1
