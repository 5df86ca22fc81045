"""Asking a server that may be busy, slow or broken: small answers, bounded times, and again after a while."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec
from attrs import define, evolve, field, frozen

from scaicontrol_adapters.tracing import answered, calling
from scaicontrol_core.identity.errors import DirectoryAway, DirectoryIncoherent

_TOO_MANY, _SERVER_FAULT = 429, 500
_ELSEWHERE = range(300, 400)


@frozen(kw_only=True)
class Patience:
    """How long and how often somebody is asked, in seconds.

    ``whole_seconds`` bounds a question with all its attempts; a ``Retry-After`` beyond
    ``longest_wait`` is not waited for.
    """

    request_seconds: float = 15.0
    whole_seconds: float = 60.0
    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 20.0
    max_bytes: int = 8 * 1024 * 1024


PATIENCE = Patience()


@frozen
class Asked:
    """A request."""

    method: str
    url: str
    query: Mapping[str, str] = field(factory=dict)
    headers: Mapping[str, str] = field(factory=dict)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)


@frozen
class Answer:
    """What came back."""

    status: int
    content: bytes

    def json(self) -> Any:
        """Return the document; raises ``DirectoryIncoherent`` for what is none."""
        try:
            return msgspec.json.decode(self.content)
        except (ValueError, RecursionError):
            raise DirectoryIncoherent("The directory's answer is no JSON.") from None


@define
class PatientClient:
    """Asks; tries again what failed for a while: 429, 5xx, a broken line, silence. Follows no redirect."""

    patience: Patience = PATIENCE
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    _client: httpx.AsyncClient | None = field(init=False, default=None)

    async def ask(self, asked: Asked) -> Answer:
        """Return the answer; raises ``DirectoryAway``, ``DirectoryIncoherent``."""
        for attempt in range(1, self.patience.attempts + 1):
            wait = self.patience.first_wait * 2.0 ** (attempt - 1) * (0.5 + self.jitter())
            try:
                async with asyncio.timeout(self.patience.request_seconds):
                    status, after, content = await self._traced(asked)
            except (TimeoutError, httpx.TransportError) as wrong:
                reason = type(wrong).__name__
            else:
                if status in _ELSEWHERE:
                    raise DirectoryIncoherent("The directory sends us elsewhere; redirects are not followed.")
                if status != _TOO_MANY and status < _SERVER_FAULT:
                    return Answer(status, content)
                reason, wait = f"HTTP {status}", wait if after is None else max(after, 0.0)
            if attempt == self.patience.attempts or wait > self.patience.longest_wait:
                raise self.away(reason)
            await self.sleep(wait)
        raise AssertionError  # the last attempt returned or raised

    def away(self, reason: str) -> DirectoryAway:
        """Return the error that says so."""
        return DirectoryAway(f"The directory does not answer ({reason}).", hint="It is tried again with the next run.")

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _traced(self, asked: Asked) -> tuple[int, float | None, bytes]:
        headers = dict(asked.headers)
        with calling("scaikey", asked.method, headers) as span:
            answer = await self._once(evolve(asked, headers=headers))
            answered(span, answer[0])
            return answer

    async def _once(self, asked: Asked) -> tuple[int, float | None, bytes]:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self.patience.request_seconds, follow_redirects=False)
        # Uncompressed: what is compressed all the same is no JSON, and cannot swell.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", **asked.headers}
        request = self._client.build_request(
            asked.method, asked.url, params=asked.query or None, headers=headers, data=asked.form
        )
        answer = await self._client.send(request, stream=True, auth=asked.basic or httpx.USE_CLIENT_DEFAULT)
        try:
            content = bytearray()
            async for part in answer.aiter_raw():
                content += part
                if len(content) > self.patience.max_bytes:
                    raise DirectoryIncoherent("The directory's answer is too large.")
        finally:
            await answer.aclose()
        return answer.status_code, _retry_after(answer.headers.get("retry-after")), bytes(content)


def _retry_after(header: str | None) -> float | None:
    """Read ``Retry-After`` (RFC 9110, section 10.2.3): seconds, or a date; None for anything else."""
    if header is None:
        return None
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds()
