"""An upstream that sends more than its response: the surplus never becomes another patient's record."""

import json
from threading import Event

import pytest

from adapters.external.client import UpstreamClient
from tests.external.faults.conftest import ONE_ATTEMPT, ClientOf
from tests.external.faults.server import ADA, LONGEST, OK, Connection, MisbehavingServer, responds, response

BOB = json.dumps({"first_name": "Bob"}).encode()
EVE = response(json.dumps({"first_name": "Eve"}).encode())
RESPONSES = {
    "another response": [response(BOB) + EVE],
    "another response later": [response(BOB), EVE],
    "more body than was declared": [OK + b"Content-Length: %d\r\n\r\n" % len(BOB) + BOB + b"more"],
    "another response after the last chunk": [
        OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(BOB) + BOB + b"\r\n0\r\n\r\n" + EVE
    ],
    "another response after a 404": [response(b"", 404) + EVE],
}


def found(client: UpstreamClient) -> object:
    answer = client.get_object("patients", "1", request_id="r")
    return answer and answer.document


@pytest.mark.parametrize("parts", RESPONSES.values(), ids=RESPONSES.keys())
@pytest.mark.parametrize("server_fixture", ["plain_server", "tls_server"])
def test_surplus_bytes_are_never_read_as_the_next_response(
    request: pytest.FixtureRequest, client_of: ClientOf, server_fixture: str, parts: list[bytes]
) -> None:
    server: MisbehavingServer = request.getfixturevalue(server_fixture)
    sent = Event()

    def too_much(connection: Connection) -> None:
        for part in parts:
            connection.send(part)
        server.behaviour = responds
        sent.set()
        connection.wait(LONGEST)

    server.behaviour = too_much
    client = client_of(server.url, ONE_ATTEMPT)
    assert found(client) in ({"first_name": "Bob"}, None)
    assert sent.wait(LONGEST)
    assert [found(client) for _ in range(2)] == [ADA] * 2
    assert len(server.connections) == 3
