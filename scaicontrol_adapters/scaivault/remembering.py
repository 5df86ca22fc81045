"""Remembering what a store of secrets answered: for a stated time, and a stated time longer while it is away."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import structlog
from attrs import define, field, frozen

from scaicontrol_core.kernel.secrets import (
    Secret,
    SecretNotFound,
    SecretsDamaged,
    SecretsDenied,
    SecretsUnavailable,
    require_secret_path,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from scaicontrol_core.kernel.secrets import Secrets

log = structlog.get_logger(__name__)

#: Somebody with a wrong signature must not make us ask for every request.
SETTLED_SECONDS = 5.0


@frozen
class _Remembered:
    secret: Secret
    at: float


@define
class RememberedSecrets:
    """A ``Secrets`` that asks its store for a newest version at most once in ``seconds``.

    Counted from before the store was asked, no value is older. While the store does not answer, a value
    serves ``stale_seconds`` longer, then no more. ``refresh`` asks in any case, unless that was done
    within the last five seconds. The ``most`` newest answers are remembered, in this process alone; old
    versions and lists never.
    """

    store: Secrets
    seconds: float = 300.0
    stale_seconds: float = 3600.0
    most: int = 256
    monotonic: Callable[[], float] = field(default=time.monotonic, repr=False)
    _remembered: dict[str, _Remembered] = field(factory=dict, init=False, repr=False)
    _asking: WeakValueDictionary[str, asyncio.Lock] = field(factory=WeakValueDictionary, init=False, repr=False)

    async def get(self, path: str, version: int | None = None) -> Secret:
        """Return a version; see the class for how old it may be."""
        if version is not None:
            return await self.store.get(path, version)
        return await self._younger_than(require_secret_path(path), self.seconds)

    async def refresh(self, path: str) -> Secret:
        """Return the newest version, asked for within the last five seconds; never a stale one."""
        return await self._younger_than(require_secret_path(path), min(SETTLED_SECONDS, self.seconds), stale=False)

    async def put(self, path: str, value: str, *, cas: int | None = None) -> int:
        """Keep a new version; the old one is forgotten, whatever becomes of this."""
        async with self._lock(path):  # whoever asks meanwhile must not remember what was before
            try:
                return await self.store.put(path, value, cas=cas)
            finally:
                self._remembered.pop(path, None)

    async def delete(self, path: str) -> None:
        """Delete a secret, and forget it, whatever becomes of this."""
        async with self._lock(path):
            try:
                await self.store.delete(path)
            finally:
                self._remembered.pop(path, None)

    async def list(self, prefix: str = "") -> Sequence[str]:
        """Return the paths below a folder."""
        return await self.store.list(prefix)

    async def ping(self) -> None:
        """Ask the store whether it serves. For probes alone."""
        await _of(self.store, "ping")

    async def close(self) -> None:
        """Forget everything, and close the store."""
        self._remembered.clear()
        await _of(self.store, "close")

    async def _younger_than(self, path: str, seconds: float, *, stale: bool = True) -> Secret:
        if (known := self._fresh(path, seconds)) is not None:
            return known
        async with self._lock(path):  # many who need it at once ask once
            return self._fresh(path, seconds) or await self._asked(path, stale=stale)

    def _lock(self, path: str) -> asyncio.Lock:
        return self._asking.setdefault(path, asyncio.Lock())

    def _fresh(self, path: str, seconds: float) -> Secret | None:
        known = self._remembered.get(path)
        return known.secret if known is not None and self.monotonic() - known.at < seconds else None

    async def _asked(self, path: str, *, stale: bool) -> Secret:
        since = self.monotonic()
        try:
            secret = await self.store.get(path)
        except (SecretNotFound, SecretsDenied, SecretsDamaged):
            self._remembered.pop(path, None)
            raise
        except SecretsUnavailable as away:
            known = self._fresh(path, self.seconds + self.stale_seconds)
            if known is None or not stale:
                raise
            log.warning("secret_stale", path=path, error=away.code)
            return known
        self._remembered.pop(path, None)
        if self.seconds > 0:
            self._remembered[path] = _Remembered(secret, since)
        while len(self._remembered) > self.most:
            del self._remembered[next(iter(self._remembered))]
        return secret


async def _of(store: Secrets, name: str) -> None:
    act: Callable[[], Awaitable[None]] | None = getattr(store, name, None)
    if act is not None:
        await act()
