"""``python -m tests.bench.workers.hook_receiver PORT``: takes webhooks as fast as Python can, till its input ends.

``/well/…`` answers 204 at once, ``/slow`` after twenty seconds, ``/dead`` 503. ``GET /count`` says
how many have come to each path.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from typing import cast

import uvloop

_SLOW_SECONDS = 20.0
_DONE = b"HTTP/1.1 204 No Content\r\n\r\n"
_BROKEN = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
_arrived: Counter[str] = Counter()


class _Receiver(asyncio.Protocol):
    """One connection: a request at a time, as clients that don't pipeline send them."""

    def __init__(self) -> None:
        self._read = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer once a request is complete."""
        self._read += data
        head, found, body = bytes(self._read).partition(b"\r\n\r\n")
        if not found:
            return
        lower = head.lower()
        start = lower.find(b"content-length:")
        if start >= 0 and len(body) < int(lower[start + 15 :].split(b"\r\n", 1)[0]):
            return
        self._read.clear()
        self._answer(head.split(b" ", 2)[1].decode())

    def _answer(self, path: str) -> None:
        if path == "/count":
            body = json.dumps(_arrived).encode()
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            return
        _arrived[path] += 1
        if path.startswith("/slow"):
            asyncio.get_running_loop().call_later(_SLOW_SECONDS, self._transport.write, _DONE)
        else:
            self._transport.write(_BROKEN if path.startswith("/dead") else _DONE)


async def main(port: int) -> None:
    """Serve until the end of the standard input."""
    await asyncio.get_running_loop().create_server(_Receiver, "127.0.0.1", port)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
