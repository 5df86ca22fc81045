"""``python -m tests.bench.workers.usage_server URL FOLDER PORT``: the API over a database, until its input ends."""

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


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so once the port is open."""
        await super().startup(sockets)
        print("ready", flush=True)


async def main(settings: Settings, port: int) -> None:
    """Serve until the end of the standard input."""
    app = create_app(Container.from_settings(settings), owned=True)
    server = _Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve())
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    import uvloop

    asked = Settings(data_dir=Path(sys.argv[2]), database_url=sys.argv[1], background_jobs="", database_pool_size=8)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        configure_logging(asked, nowhere)  # every line is written, as in production
        uvloop.run(main(asked, int(sys.argv[3])))
