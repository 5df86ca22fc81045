"""``python -m tests.bench.workers.usage_server URL FOLDER PORT [REDIS]``: the API, until its standard input ends."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

import uvicorn

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_adapters.telemetry import configure_logging
from scaicontrol_http.app import create_app


class Announcing(uvicorn.Server):
    """A server that says when it is ready."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so once the port is open."""
        await super().startup(sockets)
        print("ready", flush=True)


async def main(settings: Settings, port: int) -> None:
    """Serve until the end of the standard input."""
    app = create_app(Container.from_settings(settings), owned=True)
    server = Announcing(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve())
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    import uvloop

    url, folder, port, redis = (*sys.argv[1:], "")[:4]
    asked = Settings(data_dir=Path(folder), database_url=url, redis_url=redis, background_jobs="", database_pool_size=8)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        configure_logging(asked, nowhere)  # every line is written, as in production
        uvloop.run(main(asked, int(port)))
