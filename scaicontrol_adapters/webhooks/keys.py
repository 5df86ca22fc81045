"""The keys that sign, and headers that nobody reads: from the secret store, remembered for a few minutes."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar, cast

from attrs import define, field

from scaicontrol_core.delivery.secret_keeping import headers_of
from scaicontrol_core.delivery.signature import key_of
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.secrets import SecretNotFound, SecretsDamaged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from scaicontrol_core.kernel.secrets import Secrets

T = TypeVar("T")

_REMEMBERED_SECONDS = 300.0
_MOST_REMEMBERED = 4096


@define
class SigningKeys:
    """A path holds one secret for ever, so that what is remembered is right; only its deletion is noticed late."""

    secrets: Secrets
    _known: dict[str, tuple[float, object]] = field(factory=dict, init=False, repr=False)
    _asking: dict[str, asyncio.Lock] = field(factory=dict, init=False, repr=False)

    async def of(self, paths: Sequence[str]) -> list[bytes]:
        """Return the keys at the paths, newest first; an older one that is gone signs no more.

        Raises ``SecretsUnavailable``, or ``SecretNotFound`` for the newest.
        """
        if not paths:
            raise SecretNotFound("The subscription has no secret.")
        keys = [await self._key(paths[0])]
        for path in paths[1:]:
            try:
                keys.append(await self._key(path))
            except SecretNotFound:
                continue
        return keys

    async def headers(self, path: str | None) -> Mapping[str, str]:
        """Return the headers that are kept at a path; without one there are none."""
        return {} if path is None else await self._read(path, headers_of)

    async def _key(self, path: str) -> bytes:
        return await self._read(path, key_of)

    async def _read(self, path: str, reading: Callable[[str], T]) -> T:
        known = self._known.get(path)
        if known is not None and known[0] > time.monotonic():
            return cast("T", known[1])
        # Of many that want it at once one asks.
        async with self._asking.setdefault(path, asyncio.Lock()):
            try:
                known = self._known.get(path)
                if known is not None and known[0] > time.monotonic():
                    return cast("T", known[1])
                return await self._ask(path, reading)
            finally:
                self._asking.pop(path, None)

    async def _ask(self, path: str, reading: Callable[[str], T]) -> T:
        try:
            found = reading((await self.secrets.get(path)).value)
        except Invalid:
            raise SecretsDamaged(f"What is kept under {path!r} is no webhook's secret.") from None
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[path] = (time.monotonic() + _REMEMBERED_SECONDS, found)
        return found
