"""``python -m tests.bench.workers.hook_receiver PORT``: takes webhooks as fast as Python can, till its input ends.

``/well/…`` answers 204 at once, ``/slow`` after twenty seconds, ``/dead`` 503.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import uvloop

_SLOW_SECONDS = 20.0
_DONE = b"HTTP/1.1 204 No Content\r\n\r\n"
_BROKEN = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"


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
        if path.startswith("/slow"):
            asyncio.get_running_loop().call_later(_SLOW_SECONDS, self._late)
        else:
            self._transport.write(_BROKEN if path.startswith("/dead") else _DONE)

    def _late(self) -> None:
        """Answer, if anybody still listens."""
        if not self._transport.is_closing():
            self._transport.write(_DONE)


async def main(port: int) -> None:
    """Serve until the end of the standard input."""
    await asyncio.get_running_loop().create_server(_Receiver, "127.0.0.1", port)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
