"""An issuer's public keys: fetched, cached for an hour, and kept for a while when the issuer is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from attrs import define, field, frozen
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import urlsafe_b64decode

from scaicontrol_core.kernel.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

CACHE_SECONDS = 3600
#: At most one attempt a minute, whether an unknown ``kid`` or an issuer that is away asks for it.
REFRESH_SECONDS = 60
#: While there is no key at all nobody gets in: then it is asked sooner.
EMPTY_REFRESH_SECONDS = 5
#: How old keys may become while the issuer does not answer.
STALE_SECONDS = 24 * 3600
_MIN_RSA_BITS = 2048
_MOST_KEYS = 100

Key = RSAKey | ECKey
#: By ``kid`` and algorithm; an issuer that uses a ``kid`` twice has both keys tried.
Keys = Mapping[tuple[str, str], tuple[Key, ...]]

log = structlog.get_logger(__name__)


@frozen
class KeysState:
    """How the keys stand, for ``/readyz`` and metrics: how many serve, how old, the last failure if it was one."""

    count: int
    age_seconds: float | None
    error: str | None


class KeySource(Protocol):
    """Finds an issuer's public keys."""

    @property
    def state(self) -> KeysState:
        """How the keys stand."""
        ...

    async def find(self, kid: str | None, algorithm: str) -> tuple[Key, ...]:
        """Return the keys of that id and algorithm (without an id: the only one of the algorithm), or none."""
        ...

    async def look_again(self) -> bool:
        """Ask the issuer anew, if it is time to; tell whether it answered."""
        ...


def read_jwks(document: Any) -> Keys:
    """Return the keys that may sign tokens; what is no RSA or P-256 key for signatures is left out.

    Symmetric keys above all: a public key taken for a shared secret is the oldest way to forge
    a token. Raises ``ValueError`` for what is no JWKS.
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("this is no JWKS")  # noqa: TRY004  # callers know one error: a document that is unusable
    keys: dict[tuple[str, str], tuple[Key, ...]] = {}
    for each in listed[:_MOST_KEYS]:
        key = _public_key(each) if isinstance(each, dict) else None
        if key is not None:
            name = str(each.get("kid") or key.thumbprint()), _ALGORITHM[type(key)]
            keys[name] = (*keys.get(name, ()), key)
    return keys


_ALGORITHM: Mapping[type[Key], str] = {RSAKey: "RS256", ECKey: "ES256"}


def _public_key(parameters: dict[str, Any]) -> Key | None:
    if parameters.get("use", "sig") != "sig":
        return None
    try:
        if "verify" not in parameters.get("key_ops", ["verify"]):
            return None
        key = _imported(parameters)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None  # one broken key must not lock out the holders of the others
    # A key made for another algorithm (PS256, RS512) verifies nothing here.
    return key if key and parameters.get("alg", _ALGORITHM[type(key)]) == _ALGORITHM[type(key)] else None


def _imported(parameters: dict[str, Any]) -> Key | None:
    if parameters.get("kty") == "RSA":
        bits = int.from_bytes(urlsafe_b64decode(parameters["n"].encode())).bit_length()
        if bits < _MIN_RSA_BITS:
            return None
        return RSAKey.import_key({name: parameters[name] for name in ("kty", "n", "e")})
    if parameters.get("kty") == "EC" and parameters.get("crv") == "P-256":
        return ECKey.import_key({name: parameters[name] for name in ("kty", "crv", "x", "y")})
    return None


def fitting(keys: Keys, kid: str | None, algorithm: str) -> tuple[Key, ...]:
    """Return the keys of an id and algorithm; without an id, the only one of the algorithm."""
    if kid is not None:
        return keys.get((kid, algorithm), ())
    found = tuple(_of_algorithm(keys, algorithm))
    return found if len(found) == 1 else ()


def _of_algorithm(keys: Keys, algorithm: str) -> Iterator[Key]:
    for (_, each), several in keys.items():
        if each == algorithm:
            yield from several


@frozen
class FixedKeys:
    """The keys of an issuer in this very process."""

    keys: Keys

    @property
    def state(self) -> KeysState:
        """They never age."""
        return KeysState(len(self.keys), 0.0, None)

    async def find(self, kid: str | None, algorithm: str) -> tuple[Key, ...]:
        """Return the keys; see the protocol."""
        return fitting(self.keys, kid, algorithm)

    async def look_again(self) -> bool:
        """There is nobody to ask."""
        return False


@define
class FetchedKeys:
    """The keys behind an address.

    Fetched at the first token and again when an hour old; an unknown id triggers one fetch, at
    most one a minute. While the issuer does not answer, the known keys go on serving until they
    are ``stale_seconds`` old: longer than that, a key that was withdrawn could be abused unseen.
    ``fetch`` gets the document, ``now`` counts seconds.
    """

    url: str
    fetch: Callable[[str], Awaitable[Any]]
    now: Callable[[], float] = time.monotonic
    stale_seconds: float = STALE_SECONDS
    _keys: Keys = field(init=False, factory=dict)
    _fetched_at: float | None = field(init=False, default=None)
    _tried_at: float | None = field(init=False, default=None)
    _error: str | None = field(init=False, default=None)
    _fetching: asyncio.Lock = field(init=False, factory=asyncio.Lock)

    @property
    def state(self) -> KeysState:
        """How the keys stand; those that are too old to serve do not count."""
        age = None if self._fetched_at is None else self.now() - self._fetched_at
        return KeysState(0 if self._is_spent() else len(self._keys), age, self._error)

    async def find(self, kid: str | None, algorithm: str) -> tuple[Key, ...]:
        """Return the keys; raises ``Unavailable`` (``issuer_unavailable``) if there are none that may serve."""
        # Whoever holds a known key need not wait while another request fetches.
        known = fitting(self._keys, kid, algorithm)
        if self._is_spent() or (self._is_old() and not (known and self._fetching.locked())):
            await self.look_again()
        if not fitting(self._keys, kid, algorithm):
            await self.look_again()
        if self._is_spent():
            raise Unavailable("Nobody can sign in: the keys of the issuer cannot be read.", code="issuer_unavailable")
        return fitting(self._keys, kid, algorithm)

    async def look_again(self) -> bool:
        """Fetch the keys, unless that was tried a moment ago; whoever comes meanwhile waits for the same answer."""
        async with self._fetching:
            if not self._may_try():
                return False  # somebody has just tried: whoever held the lock before, or a request a moment ago
            self._tried_at = self.now()
            try:
                keys = read_jwks(await self.fetch(self.url))
                if not keys:
                    raise ValueError("the issuer names no usable key")  # noqa: TRY301  # one way out for all failures
            except asyncio.CancelledError:
                self._tried_at = None  # the asker went away, which says nothing about the issuer
                raise
            except Exception as wrong:  # noqa: BLE001  # whatever befell the fetch, the known keys still serve
                self._error = type(wrong).__name__
                log.warning("issuer_keys_not_fetched", error=self._error, known=len(self._keys))
                return False
            self._keys, self._fetched_at, self._error = keys, self.now(), None
            return True

    def _is_old(self) -> bool:
        return self._fetched_at is None or self.now() - self._fetched_at >= CACHE_SECONDS

    def _is_spent(self) -> bool:
        return self._fetched_at is None or self.now() - self._fetched_at >= self.stale_seconds

    def _may_try(self) -> bool:
        pause = EMPTY_REFRESH_SECONDS if self._is_spent() else REFRESH_SECONDS
        return self._tried_at is None or self.now() - self._tried_at >= pause
