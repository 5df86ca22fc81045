"""``python -m tests.bench.workers.bare_server PORT``: Litestar with a route that does nothing, till its input ends."""

from __future__ import annotations

import sys

import uvloop
from litestar import Litestar, get

from tests.bench.workers.announcing import serve


@get("/nothing")
async def nothing() -> dict[str, str]:
    """Answer."""
    return {"hello": "world"}


if __name__ == "__main__":
    uvloop.run(serve(Litestar([nothing], openapi_config=None, logging_config=None), int(sys.argv[1])))
