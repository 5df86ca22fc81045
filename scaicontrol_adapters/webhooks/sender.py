"""The sender of webhooks, on aiohttp (port ``WebhookSender``): one session, one connection pool, no redirects.

It trusts nobody: names are resolved and checked at each connection, answers are read up to
2 KiB and never unpacked, and everything together takes fifteen seconds at most.
"""

from __future__ import annotations

import asyncio
import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import structlog
from aiohttp import (
    ClientConnectorDNSError,
    ClientError,
    ClientPayloadError,
    ClientResponseError,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    DummyCookieJar,
    InvalidURL,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from scaicontrol_adapters.outgoing import AddressRefused, Lookup, OutgoingRules, addresses_of, literal, look_up
from scaicontrol_adapters.tracing import answered, calling
from scaicontrol_core.delivery.outcome import MOST_ANSWER_BYTES, Answer, ErrorClass
from scaicontrol_core.kernel.secrets import SecretNotFound, SecretsUnavailable

if TYPE_CHECKING:
    import ssl

    from aiohttp import ClientResponse

    from scaicontrol_adapters.webhooks.keys import SigningKeys
    from scaicontrol_core.delivery.parcel import Parcel
    from scaicontrol_core.kernel.clock import Clock

TOTAL_SECONDS = 15.0
_CONNECT_SECONDS = 10.0
_IDLE_SECONDS = 30.0
_MOST_PATIENCE = timedelta(days=1)

log = structlog.get_logger(__name__)


class GuardedResolver(AbstractResolver):
    """Resolves names for aiohttp, and hands out nothing but addresses that the rules permit."""

    def __init__(self, rules: OutgoingRules, lookup: Lookup = look_up) -> None:
        self._rules, self._lookup = rules, lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return where to connect; the name stays with the connection, for TLS and the Host header."""
        del family
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await addresses_of(host, port, self._rules, self._lookup)
        ]

    async def close(self) -> None:
        """Nothing is open."""


class AiohttpSender:
    """Posts parcels. Close it when no more are to be sent."""

    def __init__(
        self,
        keys: SigningKeys,
        clock: Clock,
        rules: OutgoingRules,
        *,
        seconds: float = TOTAL_SECONDS,
        lookup: Lookup = look_up,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._keys, self._clock, self._rules, self._lookup = keys, clock, rules, lookup
        self._seconds, self._tls = seconds, tls
        self._session: ClientSession | None = None

    async def post(self, parcel: Parcel) -> Answer:
        """Return what came of it; never raises for what the network or the receiver does."""
        try:
            keys = await self._keys.of(parcel.secret_paths)
            kept = await self._keys.headers(parcel.headers_path)
        except (SecretsUnavailable, SecretNotFound) as away:
            log.warning("webhook_secret_unread", subscription_id=parcel.subscription_id, code=away.code)
            return Answer(latency_ms=0, error=ErrorClass.SECRETS)
        begun = time.monotonic()
        headers = parcel.headers(keys, int(self._clock.now().timestamp()), kept)
        try:
            # Without headers: the ids of our traces are none of a receiver's business.
            with calling("webhook", "POST") as span:
                answer = await self._post(parcel, headers, begun)
                answered(span, answer.status or 0)
                return answer
        except Exception as failure:  # noqa: BLE001 - whatever it is, the delivery has to know
            error = _class_of(failure)
            if error is ErrorClass.FAULT:
                # Not its words, nor its trace: they may hold the URL and the headers.
                log.error("webhook_fault", delivery_id=parcel.delivery_id, fault=type(failure).__name__)  # noqa: TRY400
            return Answer(latency_ms=_since(begun), error=error)

    async def _post(self, parcel: Parcel, headers: dict[str, str], begun: float) -> Answer:
        url = URL(parcel.url, encoded=True)
        written = literal(url.host or "")
        if written is not None:
            # aiohttp asks no resolver about these.
            self._rules.require(url.host or "", [str(written)])
        if url.scheme != "https" and not self._rules.allow_http:
            raise AddressRefused("http is for development")
        async with self._opened().post(
            url, data=parcel.body, headers={"accept-encoding": "identity", **headers}, allow_redirects=False
        ) as response:
            text = await _beginning(response)
            return Answer(
                latency_ms=_since(begun),
                status=response.status,
                text=text,
                retry_after=patience_asked(response.headers.get("retry-after", ""), self._clock.now()),
            )

    def _opened(self) -> ClientSession:
        if self._session is None:
            connector = TCPConnector(
                limit=0,
                resolver=GuardedResolver(self._rules, self._lookup),
                use_dns_cache=False,
                keepalive_timeout=_IDLE_SECONDS,
                ssl=self._tls if self._tls is not None else True,
            )
            self._session = ClientSession(
                connector=connector,
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=ClientTimeout(total=self._seconds, connect=min(_CONNECT_SECONDS, self._seconds)),
            )
        return self._session

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _beginning(response: ClientResponse) -> str:
    """Return up to 2 KiB of the answer as text that any database takes; of what is packed, that it is.

    What comes after is not read: the connection is given up instead.
    """
    read = bytearray()
    try:
        while len(read) <= MOST_ANSWER_BYTES:
            part = await response.content.read(MOST_ANSWER_BYTES + 1 - len(read))
            if not part:
                break
            read += part
    except (ClientPayloadError, TimeoutError, OSError):
        response.close()  # the status is known, and counts
    if len(read) > MOST_ANSWER_BYTES:
        response.close()
    packed = response.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("", "identity"):
        return "(packed)"
    return bytes(read[:MOST_ANSWER_BYTES]).decode("utf-8", "replace").replace("\0", "")


def patience_asked(header: str, now: datetime) -> timedelta | None:
    """Return what ``Retry-After`` (RFC 9110, 10.2.3) asks for, a day at most; None if nothing."""
    text = header.strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:12]), int(_MOST_PATIENCE.total_seconds())))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return min(max(aware - now, timedelta()), _MOST_PATIENCE)


def _class_of(failure: Exception) -> ErrorClass:
    """Say what sort of failure an error of the network is."""
    kinds: tuple[tuple[type[Exception] | tuple[type[Exception], ...], ErrorClass], ...] = (
        (AddressRefused, ErrorClass.ADDRESS),
        (ClientConnectorDNSError, ErrorClass.NAME),
        (ClientSSLError, ErrorClass.TLS),
        (TimeoutError, ErrorClass.TIMEOUT),
        ((ClientResponseError, HttpProcessingError, ClientPayloadError), ErrorClass.ANSWER),
        ((InvalidURL, UnicodeError), ErrorClass.NAME),
        ((ClientError, OSError, asyncio.IncompleteReadError), ErrorClass.CONNECTION),
    )
    return next((error for kind, error in kinds if isinstance(failure, kind)), ErrorClass.FAULT)


def _since(begun: float) -> int:
    return int((time.monotonic() - begun) * 1000)
