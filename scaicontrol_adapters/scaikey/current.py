"""What the issuer grants somebody now, which may differ from what it wrote into their token.

A token is a snapshot: whoever was made an administrator since, or no longer is one, would have to
wait for the next token. So the first time a token is seen its issuer is asked.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from attrs import define, field

from scaicontrol_adapters.scaikey.fetching import Unreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

#: The claims that the answer replaces. Never whose token it is, nor the tenancy: those are signed.
REPLACED = ("roles", "permissions", "groups")
#: How long a token's own snapshot serves before the issuer is asked once more.
RETRY_SECONDS = 60.0
#: How long nobody is kept waiting for an issuer that has just failed.
PAUSE_SECONDS = 10.0
TIMEOUT_SECONDS = 2.0
_MOST_REMEMBERED = 10_000

log = structlog.get_logger(__name__)


class CurrentGrants(Protocol):
    """Knows what somebody is granted by now."""

    async def of(self, token: str, claims: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the claims that replace those of a verified token; None: its own serve."""
        ...


@define
class FetchedGrants:
    """Asks the issuer's ``/auth/me`` with the token itself, once for each token and then not until it has expired.

    ``fetch`` gets an address with a token, ``now`` counts seconds as tokens do: since 1970. If the
    call fails the token's snapshot serves, and is asked about again a minute later. Tokens are
    remembered by their hash.
    """

    url: str
    fetch: Callable[[str, str], Awaitable[Any]]
    now: Callable[[], float] = time.time
    _known: dict[bytes, tuple[float, Mapping[str, Any] | None]] = field(init=False, factory=dict)
    _asking: dict[bytes, asyncio.Task[Mapping[str, Any] | None]] = field(init=False, factory=dict)
    _silent_until: float = field(init=False, default=0.0)

    async def of(self, token: str, claims: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return what the issuer says; see the protocol."""
        name = hashlib.sha256(token.encode()).digest()
        until, known = self._known.get(name, (0.0, None))
        if self.now() < until:
            return known
        asking = self._asking.get(name)
        if asking is None:
            if self.now() < self._silent_until:
                return None
            asking = self._asking[name] = asyncio.create_task(self._ask(name, token, claims))
        # Shielded: the next request with this token wants the answer though this one may go away.
        return await asyncio.shield(asking)

    async def _ask(self, name: bytes, token: str, claims: Mapping[str, Any]) -> Mapping[str, Any] | None:
        try:
            answer = _of_the_same(await self.fetch(self.url, token), claims)
            self._remember(name, float(claims["exp"]), answer)
        except Exception as wrong:  # noqa: BLE001  # whatever befell the call, the token's snapshot serves
            log.warning("issuer_grants_not_fetched", error=type(wrong).__name__)
            if isinstance(wrong, Unreachable):  # a refusal of one token must not keep the others from asking
                self._silent_until = self.now() + PAUSE_SECONDS
            self._remember(name, self.now() + RETRY_SECONDS, None)
            return None
        else:
            return answer
        finally:
            del self._asking[name]

    def _remember(self, name: bytes, until: float, answer: Mapping[str, Any] | None) -> None:
        self._known.pop(name, None)
        if len(self._known) >= _MOST_REMEMBERED:
            del self._known[next(iter(self._known))]  # the oldest: it is asked about again if it is still in use
        self._known[name] = (until, answer)


def _of_the_same(answer: Any, claims: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the claims to replace; raises ``ValueError`` for an answer about somebody else, or about nobody."""
    if not isinstance(answer, dict) or answer.get("sub") != claims.get("sub"):
        raise ValueError("the answer is not about the token's subject")
    return {each: answer[each] for each in REPLACED if answer.get(each) is not None}
