"""Servers of ours in processes of their own, and clients that ask them as fast as they answer."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import aiohttp
from attrs import frozen

from tests.bench.processes import start


@frozen
class Ask:
    """One request."""

    path: str
    method: str = "GET"
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] = {}
    status: int = 200


@frozen
class Answered:
    """What a race came to: requests per second, each one's seconds from fastest to slowest, and the last headers."""

    rate: float
    seconds: tuple[float, ...]
    headers: Mapping[str, Mapping[str, str]]

    def milliseconds(self, hundredth: int) -> float:
        """Return what so many of a hundred requests took at most."""
        return self.seconds[min(len(self.seconds) * hundredth // 100, len(self.seconds) - 1)] * 1000

    @property
    def note(self) -> str:
        """The latencies, for the table."""
        return f"p50 {self.milliseconds(50):.1f} ms, p99 {self.milliseconds(99):.1f} ms"


@contextmanager
def serving(module: str, *arguments: str, redis: str = "") -> Iterator[int]:
    """Run a server for the length of the block; its port comes after the arguments."""
    port = _free_port()
    server = start(f"tests.bench.workers.{module}", *arguments, str(port), *([redis] if redis else []))
    try:
        yield port
    finally:
        assert server.process.stdin is not None
        server.process.stdin.close()
        server.process.wait()
        server.answers.close()


async def race(port: int, asks: Sequence[Ask], headers: Mapping[str, str], *, at_once: int = 16) -> Answered:
    """Send all requests, so many at once; every answer must have the status it should."""
    found: dict[str, Mapping[str, str]] = {}
    took: list[float] = []
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=headers) as session:
        started = time.perf_counter()
        left = iter(asks)
        await asyncio.gather(*(_client(session, left, found, took) for _ in range(at_once)))
        seconds = time.perf_counter() - started
    return Answered(len(asks) / seconds, tuple(sorted(took)), found)


async def _client(
    session: aiohttp.ClientSession, asks: Iterable[Ask], found: dict[str, Mapping[str, str]], took: list[float]
) -> None:
    for ask in asks:
        started = time.perf_counter()
        async with session.request(ask.method, ask.path, json=ask.body, headers=ask.headers) as answer:
            body = await answer.read()
        took.append(time.perf_counter() - started)
        assert answer.status == ask.status, body
        found[ask.path] = answer.headers


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
