"""A flood of requests from many addresses that nobody is signed in for: a program that runs until standard input ends.

Each of so many connections to a port sends a request as soon as its last one is answered. Prints how many requests were
answered, by status, as JSON."""

import asyncio
import json
import ssl
import sys
from collections import Counter
from contextlib import suppress
from itertools import cycle

HOST = "127.0.0.1"
ADDRESSES = [f"127.0.0.{n}" for n in range(2, 22)]
BODY = json.dumps({"email": "nobody@clinic.example", "password": "correct horse battery"})
UNVERIFIED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
UNVERIFIED.check_hostname, UNVERIFIED.verify_mode = False, ssl.CERT_NONE
REQUESTS = (
    "GET /api/v1/patients/ HTTP/1.1\r\n",
    "GET /api/v1/posts/ HTTP/1.1\r\n",
    "GET /api/v1/patients/ HTTP/1.1\r\nAuthorization: Bearer e30.e30.e30\r\n",
    "GET /notices/nowhere/ HTTP/1.1\r\n",
    f"POST /api/v1/auth/token/ HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n",
)


async def use(port: int, address: str, answers: Counter[str]) -> None:
    """Of a connection, or of the next one when it is closed."""
    requests = cycle(REQUESTS)
    while True:
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection(HOST, port, ssl=UNVERIFIED, local_addr=(address, 0))
            while True:
                head = next(requests)
                body = BODY if head.startswith("POST") else ""
                writer.write(f"{head}Host: {HOST}\r\n\r\n{body}".encode())
                answers[await _status(reader)] += 1
        answers["closed"] += 1


async def _status(reader: asyncio.StreamReader) -> str:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    if "transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        await reader.readexactly(int(head.partition("content-length: ")[2].split("\r")[0]))
    return head[9:12]


async def main(port: int, connections: int) -> None:
    answers = Counter[str]()
    tasks = [asyncio.create_task(use(port, ADDRESSES[n % len(ADDRESSES)], answers)) for n in range(connections)]
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    print(json.dumps(answers))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
