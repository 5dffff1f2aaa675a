"""A program: an upstream that answers each request correctly or with a random fault.

It prints its port. A correct response names the requested patient.
"""

import asyncio
import gzip
import json
import random
from collections.abc import Awaitable, Callable
from time import monotonic

Writer = asyncio.StreamWriter
LONGEST = 5.0


def response(body: bytes, status: int = 200, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answering(status: int, *headers: str) -> Callable[[Writer, bytes], Awaitable[None]]:
    async def answer(writer: Writer, document: bytes) -> None:
        writer.write(response(document if status == 200 else b"{}", status, *headers))

    return answer


async def compressed(writer: Writer, document: bytes) -> None:
    writer.write(response(gzip.compress(document), 200, "Content-Encoding: gzip"))


async def truncated_gzip(writer: Writer, document: bytes) -> None:
    writer.write(response(gzip.compress(document)[:-4], 200, "Content-Encoding: gzip"))


async def slow(writer: Writer, document: bytes) -> None:
    await asyncio.sleep(random.uniform(0.01, 0.2))
    writer.write(response(document))


async def hang(writer: Writer, document: bytes) -> None:
    await asyncio.sleep(LONGEST)
    writer.close()


async def drip(writer: Writer, document: bytes) -> None:
    for byte in response(document * 100):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.02)


async def close(writer: Writer, document: bytes) -> None:
    writer.close()


async def reset(writer: Writer, document: bytes) -> None:
    writer.write(response(document)[:60])
    writer.transport.abort()


async def garbage(writer: Writer, document: bytes) -> None:
    writer.write(b"\x00\xff garbage\r\n\r\n")
    writer.close()


async def not_json(writer: Writer, document: bytes) -> None:
    writer.write(response(document[:-1]))


async def huge(writer: Writer, document: bytes) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    for _ in range(100):
        writer.write(b" " * 65536)
        await writer.drain()
    writer.close()


FAULTS = [
    compressed, truncated_gzip, slow, hang, drip, close, reset, garbage, not_json, huge,
    answering(404), answering(429, "Retry-After: 0"), answering(500), answering(503, "Retry-After: 9"), answering(204),
]  # fmt: skip


async def serve(reader: asyncio.StreamReader, writer: Writer) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            patient = head.split(b" ", 2)[1].rpartition(b"/")[2].decode()
            document = json.dumps({"id": patient}).encode()
            faulty = 0.95 if monotonic() % 2.5 < 1 else 0.3  # with regular outages
            answer = random.choice(FAULTS) if random.random() < faulty else answering(200)
            await answer(writer, document)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
