"""An upstream that answers each request well or in one of many bad ways, at random: a program of its own.

It prints its port. A good answer names the patient that was asked for.
"""

import asyncio
import gzip
import json
import random
from collections.abc import Awaitable, Callable
from time import monotonic

Writer = asyncio.StreamWriter
LONGEST = 5.0


def whole(body: bytes, status: int = 200, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answering(status: int, *headers: str) -> Callable[[Writer, bytes], Awaitable[None]]:
    async def answer(writer: Writer, document: bytes) -> None:
        writer.write(whole(document if status == 200 else b"{}", status, *headers))

    return answer


async def packed(writer: Writer, document: bytes) -> None:
    writer.write(whole(gzip.compress(document), 200, "Content-Encoding: gzip"))


async def cut_gzip(writer: Writer, document: bytes) -> None:
    writer.write(whole(gzip.compress(document)[:-4], 200, "Content-Encoding: gzip"))


async def slow(writer: Writer, document: bytes) -> None:
    await asyncio.sleep(random.uniform(0.01, 0.2))
    writer.write(whole(document))


async def hang(writer: Writer, document: bytes) -> None:
    await asyncio.sleep(LONGEST)
    writer.close()


async def drip(writer: Writer, document: bytes) -> None:
    for byte in whole(document * 100):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.02)


async def close(writer: Writer, document: bytes) -> None:
    writer.close()


async def reset(writer: Writer, document: bytes) -> None:
    writer.write(whole(document)[:60])
    writer.transport.abort()


async def garbage(writer: Writer, document: bytes) -> None:
    writer.write(b"\x00\xff garbage\r\n\r\n")
    writer.close()


async def not_json(writer: Writer, document: bytes) -> None:
    writer.write(whole(document[:-1]))


async def huge(writer: Writer, document: bytes) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    for _ in range(100):
        writer.write(b" " * 65536)
        await writer.drain()
    writer.close()


FAULTS = [
    packed, cut_gzip, slow, hang, drip, close, reset, garbage, not_json, huge,
    answering(404), answering(429, "Retry-After: 0"), answering(500), answering(503, "Retry-After: 9"), answering(204),
]  # fmt: skip


async def serve(reader: asyncio.StreamReader, writer: Writer) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            patient = head.split(b" ", 2)[1].rpartition(b"/")[2].decode()
            document = json.dumps({"id": patient}).encode()
            bad = 0.95 if monotonic() % 2.5 < 1 else 0.3  # an outage now and then
            answer = random.choice(FAULTS) if random.random() < bad else answering(200)
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
