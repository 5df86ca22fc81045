"""A receiver of webhooks, as somebody else would build one: two libraries verify what comes, and duplicates count once.

It runs in a thread of its own, so that whoever sends may be killed, or be slow.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import standardwebhooks
import svix
from aiohttp import web
from attrs import define, field


@define(eq=False)
class Receiver:
    """What came to each path; ``answers`` says what a path is answered (default 204), ``delays`` after how long."""

    port: int = 0
    secrets: dict[str, list[str]] = field(factory=dict)
    answers: dict[str, list[int]] = field(factory=dict)
    delays: dict[str, float] = field(factory=dict)
    arrived: dict[str, list[tuple[str, bytes]]] = field(factory=dict)
    unverified: list[str] = field(factory=list)
    busiest: dict[str, int] = field(factory=dict)
    _busy: dict[str, int] = field(factory=dict)

    def url(self, path: str) -> str:
        """Return the address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def effects(self, path: str) -> dict[str, Any]:
        """Return the events that took effect at a path: each id once, however often it came."""
        return {key: json.loads(body) for key, body in self.arrived.get(path, [])}

    def bodies(self, path: str) -> dict[str, set[bytes]]:
        """Return the different bodies that came under each id: one, if all is well."""
        found: dict[str, set[bytes]] = {}
        for key, body in self.arrived.get(path, []):
            found.setdefault(key, set()).add(body)
        return found

    async def take(self, request: web.Request) -> web.Response:
        """Take one delivery."""
        path, body, headers = request.path, await request.read(), dict(request.headers)
        self._busy[path] = self._busy.get(path, 0) + 1
        self.busiest[path] = max(self.busiest.get(path, 0), self._busy[path])
        try:
            if not self._verifies(path, body, headers):
                self.unverified.append(path)
                return web.Response(status=401)
            await asyncio.sleep(self.delays.get(path, 0))
            answers = self.answers.get(path)
            status = (answers.pop(0) if len(answers) > 1 else answers[0]) if answers else 204
            if status < 300:
                self.arrived.setdefault(path, []).append((headers["webhook-id"], body))
            return web.Response(status=status)
        finally:
            self._busy[path] -= 1

    def _verifies(self, path: str, body: bytes, headers: dict[str, str]) -> bool:
        lower = {name.lower(): value for name, value in headers.items()}
        try:
            for secret in self.secrets.get(path, []):
                standardwebhooks.Webhook(secret).verify(body, lower)
                svix.Webhook(secret).verify(body, lower)
        except (standardwebhooks.WebhookVerificationError, svix.WebhookVerificationError):
            return False
        return True


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver until the block is left."""
    receiver, started = Receiver(), threading.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/{path:.*}", receiver.take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        receiver.port = runner.addresses[0][1]
        started.set()
        return runner

    def live() -> None:
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(serve())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
