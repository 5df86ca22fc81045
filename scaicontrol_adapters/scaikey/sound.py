"""Tokens whose signature fitted, remembered: a caller sends the same one hundreds of times before it expires.

What is remembered is that these very bytes bear the signature of that very key. Whether the key still counts is
asked each time, and so are the dates: a key that its issuer withdraws ends its tokens as before.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Collection

    from scaicontrol_adapters.scaikey.keys import Key
    from scaicontrol_adapters.scaikey.unverified import UnverifiedToken

#: Most tokens remembered; each takes what it is long, 16 KiB at most.
MOST = 1_000


@frozen
class SoundToken:
    """A token that was read, and the key that fitted."""

    read: UnverifiedToken
    key: Key

    def is_signed_with_one_of(self, keys: Collection[Key]) -> bool:
        """Tell whether the key is still among those that count: the same object, not one of the same name."""
        return any(self.key is each for each in keys)


@frozen
class SoundTokens:
    """Those of late, by digest: no bearer token is kept."""

    _found: dict[bytes, SoundToken] = field(init=False, factory=dict)

    def get(self, token: str) -> SoundToken | None:
        """Return what is known of a token."""
        return self._found.get(_digest(token))

    def remember(self, token: str, sound: SoundToken) -> None:
        """Keep it; the longest known makes room."""
        if len(self._found) >= MOST:
            self._found.pop(next(iter(self._found)))
        self._found[_digest(token)] = sound


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
