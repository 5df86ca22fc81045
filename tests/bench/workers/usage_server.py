"""``python -m tests.bench.workers.usage_server URL FOLDER PORT [REDIS]``: the API, until its standard input ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import uvloop

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.garbage import collect_seldom
from scaicontrol_adapters.settings import Settings
from scaicontrol_adapters.telemetry import configure_logging
from scaicontrol_http.app import create_app
from tests.bench.workers.announcing import serve

if __name__ == "__main__":
    url, folder, port, redis = (*sys.argv[1:], "")[:4]
    asked = Settings(data_dir=Path(folder), database_url=url, redis_url=redis, background_jobs="", database_pool_size=8)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        configure_logging(asked, nowhere)  # every line is written, as in production
        app = create_app(Container.from_settings(asked), owned=True)
        collect_seldom()  # as the server of the command line does
        uvloop.run(serve(app, int(port)))
