"""An issuer's public keys: fetched, cached for an hour, and kept when the issuer is away."""

from __future__ import annotations

import asyncio
import time
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any, Protocol

from attrs import define, field, frozen
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from scaicontrol_core.kernel.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

CACHE_SECONDS = 3600
#: At most one attempt a minute, whether an unknown ``kid`` or an issuer that is away asks for it.
REFRESH_SECONDS = 60
_TIMEOUT_SECONDS = 5
_MAX_BYTES = 256 * 1024
_MIN_RSA_BITS = 2048

Key = RSAKey | ECKey


@frozen
class KeysState:
    """How the keys stand, for ``/readyz`` and metrics: how many, how old, the last failure if it was one."""

    count: int
    age_seconds: float | None
    error: str | None


class KeySource(Protocol):
    """Finds an issuer's public keys."""

    @property
    def state(self) -> KeysState:
        """How the keys stand."""
        ...

    async def find(self, kid: str | None) -> Key | None:
        """Return the key of that id (without an id: the only key there is), or None."""
        ...


def read_jwks(document: Any) -> dict[str, Key]:
    """Return the keys that may sign tokens, by id; what is no RSA or P-256 key for signatures is left out.

    Symmetric keys above all: a public key taken for a shared secret is the oldest way to forge
    a token.
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("this is no JWKS")  # noqa: TRY004  # callers know one error: a document that is unusable
    keys: dict[str, Key] = {}
    for each in listed:
        key = _public_key(each) if isinstance(each, dict) else None
        if key is not None:
            keys[str(each.get("kid") or key.thumbprint())] = key
    return keys


def _public_key(parameters: dict[str, Any]) -> Key | None:
    if parameters.get("use", "sig") != "sig":
        return None
    try:
        if parameters.get("kty") == "RSA":
            long_enough = len(urlsafe_b64decode(f"{parameters['n']}==")) * 8 >= _MIN_RSA_BITS
            return RSAKey.import_key({name: parameters[name] for name in ("kty", "n", "e")}) if long_enough else None
        if parameters.get("kty") == "EC" and parameters.get("crv") == "P-256":
            return ECKey.import_key({name: parameters[name] for name in ("kty", "crv", "x", "y")})
    except (JoseError, ValueError, TypeError, KeyError):
        return None  # one broken key must not lock out the holders of the others
    return None


def _only(keys: Mapping[str, Key]) -> Key | None:
    return next(iter(keys.values())) if len(keys) == 1 else None


@frozen
class FixedKeys:
    """The keys of an issuer in this very process."""

    keys: Mapping[str, Key]

    @property
    def state(self) -> KeysState:
        """They never age."""
        return KeysState(len(self.keys), 0.0, None)

    async def find(self, kid: str | None) -> Key | None:
        """Return the key; see the protocol."""
        return self.keys.get(kid) if kid else _only(self.keys)


@define
class FetchedKeys:
    """The keys behind an address.

    Fetched at the first token and again when an hour old; an unknown id triggers one fetch, at
    most one a minute. While the issuer does not answer, the known keys go on serving.
    ``fetch`` gets the document, ``now`` counts seconds.
    """

    url: str
    fetch: Callable[[str], Awaitable[Any]]
    now: Callable[[], float] = time.monotonic
    _keys: Mapping[str, Key] = field(init=False, factory=dict)
    _fetched_at: float | None = field(init=False, default=None)
    _tried_at: float | None = field(init=False, default=None)
    _error: str | None = field(init=False, default=None)
    _fetching: asyncio.Lock = field(init=False, factory=asyncio.Lock)

    @property
    def state(self) -> KeysState:
        """How the keys stand."""
        age = None if self._fetched_at is None else self.now() - self._fetched_at
        return KeysState(len(self._keys), age, self._error)

    async def find(self, kid: str | None) -> Key | None:
        """Return the key; raises ``Unavailable`` (``issuer_unavailable``) if none was ever fetched."""
        # Whoever holds a known key need not wait while another request fetches.
        if self._is_old() and not (self._known(kid) and self._fetching.locked()):
            await self._refresh()
        if self._known(kid) is None:
            await self._refresh()
        if self._fetched_at is None:
            raise Unavailable("Nobody can sign in: the keys of the issuer cannot be read.", code="issuer_unavailable")
        return self._known(kid)

    def _known(self, kid: str | None) -> Key | None:
        return self._keys.get(kid) if kid else _only(self._keys)

    def _is_old(self) -> bool:
        return self._fetched_at is None or self.now() - self._fetched_at >= CACHE_SECONDS

    def _may_try(self) -> bool:
        return self._tried_at is None or self.now() - self._tried_at >= REFRESH_SECONDS

    async def _refresh(self) -> None:
        async with self._fetching:
            if not self._may_try():
                return  # somebody has just tried: whoever held the lock before, or a request a moment ago
            self._tried_at = self.now()
            try:
                keys = read_jwks(await self.fetch(self.url))
            except Exception as wrong:  # noqa: BLE001  # whatever befell the fetch, the known keys still serve
                self._error = f"{type(wrong).__name__}: {wrong}"
                return
            if keys:
                self._keys, self._fetched_at, self._error = keys, self.now(), None
            else:
                self._error = "the issuer names no usable key"


async def fetch_json(url: str) -> Any:
    """Get a JSON document over HTTP within five seconds; redirects are not followed."""
    import httpx  # noqa: PLC0415  # only who has an issuer elsewhere needs it
    import msgspec  # noqa: PLC0415

    async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, follow_redirects=False) as client:
        answer = await client.get(url, headers={"Accept": "application/json"})
    answer.raise_for_status()
    if len(answer.content) > _MAX_BYTES:
        raise ValueError("the document is too large")
    return msgspec.json.decode(answer.content)
