"""What the servers of benches share: they say when they are ready, and end with their standard input."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from litestar import Litestar


class _Announcing(uvicorn.Server):
    """A server that says when it is ready."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so once the port is open."""
        await super().startup(sockets)
        print("ready", flush=True)


async def serve(app: Litestar, port: int) -> None:
    """Serve until the end of the standard input."""
    server = _Announcing(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve())
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await serving
