"""How often somebody may ask: by bearer, by address for who shows no token, and more strictly for tokens that fail.

What is counted stands in ``scaicontrol_core.kernel.rate_limit``. Only the API itself is counted: neither health nor
the documentation, nor a browser's question whether it may ask.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

import structlog
from attrs import define, field
from litestar.datastructures import Headers

from scaicontrol_core.kernel.rate_limit import Allowance, RateLimited
from scaicontrol_http.idempotency import owner_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from litestar.datastructures import MutableScopeHeaders
    from litestar.types import Scope

    from scaicontrol_adapters.settings import Settings
    from scaicontrol_adapters.telemetry import Metrics
    from scaicontrol_core.access import Actor
    from scaicontrol_core.kernel.rate_limit import RateLimiter, Verdict

#: Where the verdict is left for the answer's headers, in the connection's state.
VERDICT = "rate_limit_verdict"
_MINUTE = 60
_READING = {"GET", "HEAD"}
#: The smallest network that one customer of an internet provider has: within it anybody picks any address.
_HOME_OF_IPV6 = 64
_UNKNOWN = "unknown"

log = structlog.get_logger(__name__)


@define
class RateLimits:
    """Counts requests of one server, or of all that share a Redis."""

    limiter: RateLimiter
    settings: Settings
    metrics: Metrics
    _proxies: tuple[IPv4Network | IPv6Network, ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Read the networks of the proxies once."""
        self._proxies = tuple(ip_network(each) for each in self.settings.trusted_proxies)

    async def admit(self, scope: Scope, actor: Actor, *, public: bool) -> None:
        """Let a request pass; ``RateLimited`` if its caller had its share."""
        if not scope["path"].startswith("/api/"):
            return
        if public:
            await self._take(scope, "anonymous", self.settings.rate_limit_anonymous, self.address(scope))
        elif scope.get("method") in _READING:
            await self._take(scope, "reads", self.settings.rate_limit_reads, owner_of(actor))
        else:
            await self._take(scope, "writes", self.settings.rate_limit_writes, owner_of(actor))

    async def failed(self, scope: Scope) -> None:
        """Count a token that is missing or wrong; ``RateLimited`` for an address that brought too many.

        Sound tokens from the same address still pass: behind it may be a whole office.
        """
        await self._take(scope, "failures", self.settings.rate_limit_failures, self.address(scope))

    async def _take(self, scope: Scope, name: str, requests: int, key: str) -> None:
        if not requests:
            return
        verdict = await self.limiter.take(key, Allowance(name, requests, _MINUTE))
        scope["state"][VERDICT] = verdict
        if not verdict.passes:
            self.metrics.rate_limited(name)
            raise RateLimited(verdict)

    async def close(self) -> None:
        """Close the line to Redis, if there is one."""
        close: Callable[[], Awaitable[None]] | None = getattr(self.limiter, "close", None)
        if close is not None:
            await close()

    def address(self, scope: Scope) -> str:
        """Return the address a request came from; of IPv6 its network.

        What ``X-Forwarded-For`` says counts only as far as trusted proxies have written it: from
        the right, up to the first address that is none of theirs.
        """
        client = scope.get("client")
        found = _read_address(client[0] if client else "")
        hops = ",".join(Headers.from_scope(scope).getall("x-forwarded-for", [])).split(",")
        while found is not None and self._is_proxy(found) and hops:
            before = _read_address(hops.pop().strip())
            if before is None:
                break
            found = before
        if isinstance(found, IPv6Address):
            return str(IPv6Network((int(found), _HOME_OF_IPV6), strict=False))
        return _UNKNOWN if found is None else str(found)

    def _is_proxy(self, address: object) -> bool:
        return any(address in network for network in self._proxies)


def add_headers(headers: MutableScopeHeaders, scope: Scope) -> None:
    """Say how the caller stands, in the fields of draft-ietf-httpapi-ratelimit-headers."""
    verdict: Verdict | None = scope["state"].get(VERDICT)
    if verdict is None:
        return
    allowance = verdict.allowance
    headers["RateLimit-Policy"] = f'"{allowance.name}";q={allowance.requests};w={allowance.seconds}'
    headers["RateLimit"] = f'"{allowance.name}";r={verdict.remaining};t={verdict.seconds}'


def _read_address(raw: str) -> object | None:
    """Read an address; an IPv4 one that is written as IPv6 is the same. A port behind it is passed over."""
    raw = raw.partition("]")[0].removeprefix("[") if raw.startswith("[") else raw
    if raw.count(":") == 1:
        raw = raw.partition(":")[0]
    try:
        found = ip_address(raw)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
