"""The line to the server: one request at a time, small answers, soon or not at all, from nowhere else than asked."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Any

import structlog
from attrs import define, field, frozen

from scaicontrol_adapters.tracing import answered, calling
from scaicontrol_core.kernel.secrets import SecretsUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    import httpx

log = structlog.get_logger(__name__)

#: Longest answer that is read: a value has at most 64 KiB, JSON can make six of each byte.
MOST_BYTES = 1024 * 1024
_SERVER_FAULT = 500
#: What another attempt may mend: too many at once, a replica that is behind, a time-out on the way.
_LATER = frozenset({408, 412, 429})
_IDEMPOTENT = frozenset({"GET", "LIST", "DELETE"})


@frozen(kw_only=True)
class Patience:
    """How long to wait for what, in seconds, and when to stop asking.

    A question is asked up to ``attempts`` times, with growing random waits between. After
    ``failures`` questions in a row without an answer nobody asks for ``pause`` seconds.
    """

    request: float = 5.0
    attempts: int = 3
    first_wait: float = 0.1
    longest_wait: float = 1.0
    failures: int = 3
    pause: float = 10.0


@frozen
class Answered:
    """An answer: its status, and its JSON object (empty for none)."""

    status: int
    body: Mapping[str, Any] = field(factory=dict, repr=False)

    @property
    def errors(self) -> str:
        """What the server says is wrong."""
        said = self.body.get("errors")
        return " ".join(str(each) for each in said)[:500] if isinstance(said, list) else ""


class NotReached(SecretsUnavailable):
    """The request never reached the server: it can be sent again whatever it is."""


@define
class VaultLine:
    """Asks the server at ``url``. Redirects are not followed: tokens stay with the server of the settings. Close it."""

    url: str
    namespace: str = ""
    patience: Patience = field(factory=Patience)
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep, repr=False)
    monotonic: Callable[[], float] = field(default=time.monotonic, repr=False)
    _client: httpx.AsyncClient | None = field(default=None, init=False, repr=False)
    _failures: int = field(default=0, init=False)
    _closed_until: float = field(default=float("-inf"), init=False)

    async def ask(
        self, method: str, path: str, *, token: str = "", body: Any = None, version: int | None = None
    ) -> Answered:
        """Return the answer, of any status below 500; raises ``SecretsUnavailable``.

        A request that changes something is sent again only if it surely never arrived.
        """
        if self.monotonic() < self._closed_until:
            raise SecretsUnavailable("The secret store did not answer just now; it is asked again shortly.")
        wait = self.patience.first_wait
        for left in range(self.patience.attempts - 1, -1, -1):
            try:
                answer = await self._once(method, path, token, body, version)
            except SecretsUnavailable as silence:
                if left == 0 or not (method in _IDEMPOTENT or isinstance(silence, NotReached)):
                    self._note_failure()
                    raise
            else:
                self._failures = 0
                return answer
            await self.sleep(random.uniform(wait / 2, wait))  # noqa: S311  # so that many clients don't knock in step
            wait = min(wait * 2, self.patience.longest_wait)
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _note_failure(self) -> None:
        self._failures += 1
        if self._failures >= self.patience.failures:
            self._closed_until = self.monotonic() + self.patience.pause
            log.warning("secrets_away", failures=self._failures, seconds=self.patience.pause)

    async def _once(self, method: str, path: str, token: str, body: Any, version: int | None) -> Answered:
        headers = {"X-Vault-Request": "true", "Accept": "application/json", "Accept-Encoding": "identity"}
        headers |= {"X-Vault-Token": token} if token else {}
        headers |= {"X-Vault-Namespace": self.namespace} if self.namespace else {}
        with calling("scaivault", method, headers) as span:
            answer = await self._sent(method, path, headers, body, version)
            answered(span, answer.status)
            return answer

    async def _sent(self, method: str, path: str, headers: dict[str, str], body: Any, version: int | None) -> Answered:
        import httpx  # noqa: PLC0415  # only who has such a server pays for it

        request = self._opened().build_request(
            method,
            f"{self.url}/v1/{path}",
            headers=headers,
            json=body,
            params=None if version is None else {"version": version},
        )
        try:
            # The timeout of httpx is one between bytes: a server that dribbles would hold us for ever.
            async with asyncio.timeout(self.patience.request):
                response = await self._opened().send(request, stream=True)
                try:
                    return _answered(response, await _content(response))
                finally:
                    await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise NotReached("The secret store can't be reached.") from None
        except (TimeoutError, httpx.TimeoutException):
            raise SecretsUnavailable("The secret store did not answer in time.") from None
        except httpx.HTTPError as wrong:
            raise SecretsUnavailable(f"The secret store gave no answer: {type(wrong).__name__}.") from None

    def _opened(self) -> httpx.AsyncClient:
        import httpx  # noqa: PLC0415  # see above

        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self.patience.request, follow_redirects=False)
        return self._client


async def _content(response: httpx.Response) -> bytes:
    content = bytearray()
    # Raw: what is compressed all the same is no JSON, and cannot swell.
    async for part in response.aiter_raw():
        content += part
        if len(content) > MOST_BYTES:
            raise SecretsUnavailable("The secret store's answer has no end.")
    return bytes(content)


def _answered(response: httpx.Response, content: bytes) -> Answered:
    import msgspec  # noqa: PLC0415  # see above

    status = response.status_code
    if status >= _SERVER_FAULT or status in _LATER:
        raise SecretsUnavailable(f"The secret store does not serve now: {status}.")
    if response.is_redirect:
        raise SecretsUnavailable("The secret store sends us elsewhere.", hint="Correct SCAICONTROL_SCAIVAULT_URL.")
    try:
        body = msgspec.json.decode(content) if content else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise SecretsUnavailable("The secret store's answer can't be read.")
    return Answered(status, body)
