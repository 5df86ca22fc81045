"""Our own token for the server: where it comes from, and how it stays alive."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

import structlog
from attrs import define, field, frozen

from scaicontrol_core.kernel.secrets import SecretsDenied, SecretsUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scaicontrol_adapters.scaivault.line import VaultLine

log = structlog.get_logger(__name__)

_OK, _DENIED = 200, frozenset({400, 401, 403})
#: Renewed when a third of its life is left, and looked at again soon after a failure.
_LEFT, _SOON = 1 / 3, 30.0
#: Longest sleep: a machine that slept as well finds out in time.
_LONGEST = 3600.0


@frozen
class Granted:
    """A token, and until when it lives by the monotonic clock (None: for ever)."""

    token: str = field(repr=False)
    until: float | None = None
    life: float = 0.0
    renewable: bool = False


class TokenOrigin(Protocol):
    """Where a token comes from."""

    async def token(self, line: VaultLine) -> str:
        """Return a token, a newer one than last time if there is one; raises ``SecretsUnavailable``."""
        ...

    async def has_another(self, than: str) -> bool:
        """Tell, without asking the server, whether there is another one by now."""
        ...


@frozen
class GivenToken:
    """A token that stands in the settings."""

    text: str = field(repr=False)

    async def token(self, line: VaultLine) -> str:
        """Return it."""
        return self.text

    async def has_another(self, than: str) -> bool:
        """There never is."""
        return False


@frozen
class TokenFile:
    """A token in a file that somebody else keeps fresh (an agent, a mounted secret); read anew each time."""

    path: Path

    async def token(self, line: VaultLine) -> str:
        """Return what the file says now."""
        return await asyncio.to_thread(_first_line, self.path, "SCAICONTROL_SCAIVAULT_TOKEN_FILE")

    async def has_another(self, than: str) -> bool:
        """Look into the file; while it can't be read, what we have serves."""
        try:
            return await asyncio.to_thread(_first_line, self.path, "") != than
        except SecretsUnavailable:
            return False


@frozen
class AppRole:
    """A login with a role's id and its secret, which stands in a file; each login gives a new token."""

    role_id: str
    secret_id_file: Path
    mount: str = "approle"

    async def token(self, line: VaultLine) -> str:
        """Log in."""
        secret = await asyncio.to_thread(_first_line, self.secret_id_file, "SCAICONTROL_SCAIVAULT_SECRET_ID_FILE")
        body = {"role_id": self.role_id, "secret_id": secret}
        answer = await line.ask("POST", f"auth/{self.mount}/login", body=body)
        auth = answer.body.get("auth")
        token = auth.get("client_token") if isinstance(auth, dict) else None
        if answer.status in _DENIED:
            raise SecretsDenied(
                "The secret store refuses our login.", hint="Check the SCAICONTROL_SCAIVAULT_ settings."
            )
        if answer.status != _OK or not isinstance(token, str) or not token:
            raise SecretsUnavailable(f"The secret store answers our login with nonsense: {answer.status}.")
        return token

    async def has_another(self, than: str) -> bool:
        """Nobody knows before the next login."""
        return False


@define
class LivingToken:
    """The token in use: looked up at first, renewed while it lives, fetched anew from its origin when it died.

    A task sees to that between questions, from the first use until ``close``.
    """

    origin: TokenOrigin
    line: VaultLine
    monotonic: Callable[[], float] = field(default=time.monotonic, repr=False)
    _granted: Granted | None = field(default=None, init=False, repr=False)
    _one_at_a_time: asyncio.Lock = field(factory=asyncio.Lock, init=False, repr=False)
    _keeper: asyncio.Task[None] | None = field(default=None, init=False, repr=False)

    async def get(self) -> str:
        """Return a token that lives; raises ``SecretsDenied`` or ``SecretsUnavailable``."""
        async with self._one_at_a_time:
            granted = self._granted
            if granted is None or self._is_over(granted) or await self.origin.has_another(granted.token):
                granted = await self._fetched()
            if self._keeper is None or self._keeper.done():
                self._keeper = asyncio.create_task(self._keep_alive())
            return granted.token

    async def instead_of(self, refused: str) -> str | None:
        """Return another token than the one that was refused, None if there is none."""
        async with self._one_at_a_time:
            if self._granted is not None and self._granted.token != refused:
                return self._granted.token
            try:
                found = await self._fetched()
            except SecretsDenied:
                return None
            return found.token if found.token != refused else None

    async def renew(self) -> None:
        """Prolong the token if it is time; fetch another one where that can't be done."""
        async with self._one_at_a_time:
            granted = self._granted
            if granted is None or granted.until is None or self.monotonic() < granted.until - granted.life * _LEFT:
                return
            if granted.renewable:
                answer = await self.line.ask("POST", "auth/token/renew-self", token=granted.token, body={})
                auth = answer.body.get("auth")
                if answer.status == _OK and isinstance(auth, dict):
                    renewed = self._lasting(granted.token, auth.get("lease_duration"), auth.get("renewable"))
                    # Near the end of its longest life a token is given less and less: then another is needed.
                    if renewed.until is None or renewed.until > granted.until:
                        self._granted = renewed
                        return
            await self._fetched()

    async def close(self) -> None:
        """End the task."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    async def _fetched(self) -> Granted:
        token = await self.origin.token(self.line)
        answer = await self.line.ask("GET", "auth/token/lookup-self", token=token)
        told = answer.body.get("data")
        # A policy that does not let us look is odd, and may let us read all the same: that will tell.
        known = told if answer.status == _OK and isinstance(told, dict) else {}
        granted = self._lasting(token, known.get("ttl"), known.get("renewable"))
        self._granted = granted
        return granted

    def _is_over(self, granted: Granted) -> bool:
        return granted.until is not None and self.monotonic() >= granted.until

    def _lasting(self, token: str, seconds: object, renewable: object) -> Granted:
        if not isinstance(seconds, int) or seconds <= 0:
            return Granted(token)  # a root token has no end
        return Granted(token, self.monotonic() + seconds, float(seconds), renewable is True)

    def pause(self) -> float:
        """Return how many seconds may pass until the token is to be looked after."""
        granted = self._granted
        if granted is None:
            return _SOON
        if granted.until is None:
            return _LONGEST
        return min(max(granted.until - granted.life * _LEFT - self.monotonic(), 1.0), _LONGEST)

    async def _keep_alive(self) -> None:
        pause = self.pause()
        while True:
            await asyncio.sleep(pause)
            try:
                await self.renew()
                pause = self.pause()
            except SecretsUnavailable as wrong:
                log.warning("secrets_token_not_renewed", error=wrong.code)
                pause = min(_SOON, self.pause())


def _first_line(path: Path, setting: str) -> str:
    try:
        lines = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as wrong:
        raise SecretsUnavailable(
            f"The file of {setting} can't be read: {type(wrong).__name__}.", hint=f"Check {setting}."
        ) from None
    if len(lines) != 1:
        raise SecretsUnavailable(f"The file of {setting} does not hold one word.", hint=f"Check {setting}.")
    return lines[0]
