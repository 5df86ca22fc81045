"""JSON documents of an issuer over HTTP: small, soon, and from nowhere else than asked."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from scaicontrol_adapters.tracing import answered, calling

if TYPE_CHECKING:
    import ssl

    import httpx

MAX_BYTES = 256 * 1024


class Unreachable(Exception):
    """The server is away, too slow or broken: what it would say nobody knows."""


async def fetch_json(url: str, *, bearer: str = "", seconds: float = 5.0) -> Any:
    """Get a document, within ``seconds`` from the first to the last byte.

    Redirects are not followed: keys, and tokens sent along, stay with the server that the settings
    name. Raises ``Unreachable`` if there is no answer in time or one with a 5xx status,
    ``ValueError`` for an answer that is no document, or one beyond 256 KiB.
    """
    import httpx  # noqa: PLC0415  # only who has an issuer elsewhere needs it
    import msgspec  # noqa: PLC0415

    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    headers |= {"Authorization": f"Bearer {bearer}"} if bearer else {}
    try:
        with calling("scaikey", "GET", headers) as span:
            async with (
                asyncio.timeout(seconds),
                httpx.AsyncClient(verify=_tls(), timeout=seconds) as client,
                client.stream("GET", url, headers=headers) as answer,
            ):
                answered(span, answer.status_code)
                return msgspec.json.decode(await _content(answer))
    except (TimeoutError, httpx.TransportError) as wrong:
        raise Unreachable(type(wrong).__name__) from None


async def _content(answer: httpx.Response) -> bytes:
    if answer.is_server_error:
        raise Unreachable(str(answer.status_code))
    if not answer.is_success:
        raise ValueError(f"the answer is {answer.status_code}")
    content = bytearray()
    # Raw: what is compressed all the same is no JSON, and cannot swell.
    async for part in answer.aiter_raw():
        content += part
        if len(content) > MAX_BYTES:
            raise ValueError("the document is too large")
    return bytes(content)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Return the certificates we trust: reading them takes longer than a request."""
    import httpx  # noqa: PLC0415  # see above

    return httpx.create_ssl_context()
