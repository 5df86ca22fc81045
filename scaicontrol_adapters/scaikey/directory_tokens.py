"""Our own token for the directory: got with our client's secret (RFC 6749, section 4.4), kept while it serves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from attrs import define, field

from scaicontrol_adapters.scaikey.patient import Answer, Asked, PatientClient
from scaicontrol_adapters.secret_sources import SecretSource, as_source
from scaicontrol_core.identity.errors import DirectoryIncoherent, DirectoryRefuses

#: A token is not used in its last seconds: it would expire under way.
_MARGIN_SECONDS = 30.0
_USUAL_SECONDS = 300.0
_MAX_TOKEN = 16 * 1024
_OK = 200
_REFUSALS = frozenset({400, 401, 403})


@define
class DirectoryTokens:
    """Gets tokens at ``url``; one at a time, whoever asks."""

    url: str
    client_id: str
    secret: SecretSource = field(converter=as_source, repr=False)
    client: PatientClient
    scope: str = ""
    now: Callable[[], float] = time.monotonic
    _kept: tuple[str, float] = field(init=False, default=("", 0.0), repr=False)
    _getting: asyncio.Lock = field(init=False, factory=asyncio.Lock, repr=False)

    async def get(self) -> str:
        """Return a token; raises ``DirectoryRefuses``, ``DirectoryAway``, ``DirectoryIncoherent``."""
        async with self._getting:
            token, until = self._kept
            if token and self.now() < until:
                return token
            return await self._fetch()

    async def instead_of(self, refused: str) -> str:
        """Return another token than the one that was refused."""
        async with self._getting:
            if self._kept[0] not in ("", refused):
                return self._kept[0]
            return await self._fetch()

    async def _fetch(self) -> str:
        secret, begun = await self.secret.get(), self.now()
        answer = await self._ask(secret)
        if answer.status in _REFUSALS and (newer := await self.secret.instead_of(secret)) is not None:
            answer = await self._ask(newer)
        if answer.status in _REFUSALS:
            raise DirectoryRefuses(
                f"No token for the directory is given to our client (HTTP {answer.status}).",
                hint="Check SCAICONTROL_DIRECTORY_CLIENT_ID and its secret.",
            )
        if answer.status != _OK:
            raise DirectoryIncoherent(f"Whoever gives tokens for the directory answers HTTP {answer.status}.")
        token, seconds = _token(answer.json())
        self._kept = (token, begun + max(seconds - _MARGIN_SECONDS, seconds / 2))
        return token

    async def _ask(self, secret: str) -> Answer:
        form = {"grant_type": "client_credentials"} | ({"scope": self.scope} if self.scope else {})
        return await self.client.ask(Asked("POST", self.url, form=form, basic=(self.client_id, secret)))


def _token(content: Any) -> tuple[str, float]:
    token = content.get("access_token") if isinstance(content, dict) else None
    if not isinstance(token, str) or not 0 < len(token) <= _MAX_TOKEN or not token.isascii() or not token.isprintable():
        raise DirectoryIncoherent("Whoever gives tokens for the directory gives none that can be used.")
    seconds = content.get("expires_in")
    usable = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds <= 10**6
    return token, float(seconds) if usable else _USUAL_SECONDS
