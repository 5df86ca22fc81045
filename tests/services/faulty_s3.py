"""What stands between us and an S3 server may fail in every way there is; here it does so when it is told to.

It runs in a thread of its own. What it does not spoil it passes on byte for byte, signatures too.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import aiohttp
from aiohttp import web
from attrs import define, field
from multidict import CIMultiDict

from tests.services.s3 import S3Server

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}
SLOW_DOWN = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your rate.</Message></Error>"

GONE = b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Message>There is none.</Message></Error>"


@define(eq=False)
class FaultyS3:
    """The way to a server. ``fault`` names what is wrong with it, for ``methods`` alone if some are named."""

    behind: S3Server
    port: int = 0
    fault: str | None = None
    methods: tuple[str, ...] = ()
    asked: int = 0
    _client: aiohttp.ClientSession | None = None
    _stopping: asyncio.Event = field(factory=asyncio.Event)

    @property
    def server(self) -> S3Server:
        """Where a store finds its bucket, this way."""
        return S3Server(f"http://127.0.0.1:{self.port}", *self.behind[1:])

    def heal(self) -> None:
        """Let all be well."""
        self.fault, self.methods = None, ()

    def spoil(self, fault: str, *methods: str) -> None:
        """Let this be wrong from now on."""
        self.fault, self.methods = fault, methods

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Take a request."""
        self.asked += 1
        body = await request.read()
        fault = self.fault if not self.methods or request.method in self.methods else None
        return await _FAULTS[fault](self, request, body)

    async def pass_on(self, request: web.Request, body: bytes) -> tuple[int, CIMultiDict[str], bytes]:
        """Ask the server behind; return what it answers."""
        assert self._client is not None
        url = f"{self.behind.endpoint_url}{request.raw_path}"
        headers = CIMultiDict((name, value) for name, value in request.headers.items() if name.lower() not in _HOP)
        async with self._client.request(request.method, url, headers=headers, data=body) as answer:
            kept = CIMultiDict((name, value) for name, value in answer.headers.items() if name.lower() not in _HOP)
            if request.method == "HEAD":
                kept["Content-Length"] = answer.headers.get("Content-Length", "0")
            return answer.status, kept, await answer.read()


async def _nothing(way: FaultyS3, request: web.Request, body: bytes) -> web.StreamResponse:
    status, headers, content = await way.pass_on(request, body)
    return web.Response(status=status, headers=headers, body=content)


async def _hang_up(way: FaultyS3, request: web.Request, body: bytes) -> web.StreamResponse:
    del way, body
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _slow_down(way: FaultyS3, request: web.Request, body: bytes) -> web.StreamResponse:
    del way, request, body
    return web.Response(status=503, body=SLOW_DOWN, content_type="application/xml")


async def _broken_error(way: FaultyS3, request: web.Request, body: bytes) -> web.StreamResponse:
    del way, request, body
    return web.Response(status=500, body=b"<?xml version='1.0'?><Error><Co\x00\xff", content_type="application/xml")


async def _silence(way: FaultyS3, request: web.Request, body: bytes) -> web.StreamResponse:
    del request, body
    await way._stopping.wait()
    return web.Response(status=500)


async def _drip(way: FaultyS3, request: web.Request, body: bytes) -> web.StreamResponse:
    status, headers, content = await way.pass_on(request, body)
    return await _begin(way, request, status, headers, content[:1], drips=True)


async def _half(way: FaultyS3, request: web.Request, body: bytes) -> web.StreamResponse:
    status, headers, content = await way.pass_on(request, body)
    if not content:
        return await _hang_up(way, request, body)
    answer = await _begin(way, request, status, headers, content[: len(content) // 2], length=len(content))
    assert request.transport is not None
    request.transport.close()
    return answer


async def _begin(
    way: FaultyS3,
    request: web.Request,
    status: int,
    headers: CIMultiDict[str],
    content: bytes,
    *,
    length: int = 1_000_000,
    drips: bool = False,
) -> web.StreamResponse:
    answer = web.StreamResponse(status=status, headers={**headers, "Content-Length": str(length)})
    await answer.prepare(request)
    await answer.write(content)
    while drips and not way._stopping.is_set():
        await answer.write(b".")
        await asyncio.sleep(0.05)
    return answer


async def _other_page(way: FaultyS3, request: web.Request, body: bytes) -> web.StreamResponse:
    del way, request, body
    return web.Response(body=b"<html>Please log in to this network.</html>", content_type="text/html")


async def _altered(way: FaultyS3, request: web.Request, body: bytes) -> web.StreamResponse:
    status, headers, content = await way.pass_on(request, body)
    return web.Response(status=status, headers=headers, body=content[::-1])


async def _vanished(way: FaultyS3, request: web.Request, body: bytes) -> web.StreamResponse:
    del way, request, body
    return web.Response(status=404, body=GONE, content_type="application/xml")


async def _swallowed(way: FaultyS3, request: web.Request, body: bytes) -> web.StreamResponse:
    if request.method == "PUT":
        return web.Response(headers={"ETag": '"d41d8cd98f00b204e9800998ecf8427e"'})
    return await _nothing(way, request, body)


async def _answer_lost(way: FaultyS3, request: web.Request, body: bytes) -> web.StreamResponse:
    await way.pass_on(request, body)
    return await _hang_up(way, request, body)


_FAULTS: dict[str | None, Callable[[FaultyS3, web.Request, bytes], Awaitable[web.StreamResponse]]] = {
    None: _nothing,
    "hangs up": _hang_up,
    "slow down": _slow_down,
    "broken error": _broken_error,
    "silence": _silence,
    "drips": _drip,
    "half": _half,
    "other page": _other_page,
    "altered": _altered,
    "vanished": _vanished,
    "swallowed": _swallowed,
    "answer lost": _answer_lost,
}


@contextmanager
def faulty_way(behind: S3Server) -> Iterator[FaultyS3]:
    """Stand before a server until the block is left."""
    way, started = FaultyS3(behind), threading.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        way._stopping = asyncio.Event()
        async with aiohttp.ClientSession(auto_decompress=False) as way._client:
            runner = web.AppRunner(_application(way), access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            way.port = runner.addresses[0][1]
            started.set()
            await way._stopping.wait()
            await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield way
    finally:
        loop.call_soon_threadsafe(way._stopping.set)
        thread.join(10)
        loop.close()


def _application(way: FaultyS3) -> web.Application:
    application = web.Application(client_max_size=64 * 1024**2)
    application.router.add_route("*", "/{path:.*}", way.take)
    return application
