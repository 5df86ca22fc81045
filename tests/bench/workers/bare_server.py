"""``python -m tests.bench.workers.bare_server PORT``: Litestar with a route that does nothing, till its input ends."""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from litestar import Litestar, get

from tests.bench.workers.usage_server import Announcing


@get("/nothing")
async def nothing() -> dict[str, str]:
    """Answer."""
    return {"hello": "world"}


async def main(port: int) -> None:
    """Serve until the end of the standard input."""
    app = Litestar([nothing], openapi_config=None, logging_config=None)
    server = Announcing(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve())
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1])))
