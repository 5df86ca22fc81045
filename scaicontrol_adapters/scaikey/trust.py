"""Whose tokens an installation takes, made from its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from scaicontrol_adapters.scaikey.development import DevelopmentIssuer
from scaicontrol_adapters.scaikey.keys import FetchedKeys, Key, KeysState, fetch_json, read_jwks
from scaicontrol_adapters.scaikey.tokens import TokenVerifier, TrustedIssuer
from scaicontrol_adapters.system import SystemClock
from scaicontrol_core.access import Actor
from scaicontrol_core.tenancy.selling import OperatorMissing
from scaicontrol_core.tenancy.use_cases.get_operator import GetOperator

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container
    from scaicontrol_adapters.settings import Settings
    from scaicontrol_core.kernel.ids import PartnerId


@frozen
class LocalKeys:
    """The development issuer's key, made when the first token asks for it."""

    issuer: DevelopmentIssuer

    @property
    def state(self) -> KeysState:
        """It is always there and never ages."""
        return KeysState(1, 0.0, None)

    async def find(self, kid: str | None) -> Key | None:
        """Return the key, if it is that one."""
        keys = read_jwks(self.issuer.jwks())
        return keys.get(kid) if kid else next(iter(keys.values()))


@frozen
class KnownOperator:
    """Remembers which partner the operator is, once there is one."""

    container: Container
    _found: list[PartnerId] = field(init=False, factory=list)

    async def __call__(self) -> PartnerId | None:
        """Return its id, or None before it was set up."""
        if not self._found:
            try:
                self._found.append((await self.container.use(GetOperator)(Actor.system("authentication"))).id)
            except OperatorMissing:
                return None
        return self._found[0]


def trusted_issuers(settings: Settings) -> tuple[TrustedIssuer, ...]:
    """Return the issuer of the settings, and the development issuer where it is on."""
    trusted = []
    if settings.jwks_url:
        keys = FetchedKeys(settings.jwks_url, fetch_json)
        trusted.append(TrustedIssuer(settings.jwt_issuer, keys, settings.jwt_audience))
    if settings.dev_issuer and not settings.is_production:
        own = DevelopmentIssuer.from_settings(settings)
        trusted.append(TrustedIssuer(own.issuer, LocalKeys(own), own.audience))
    return tuple(trusted)


def token_verifier(container: Container) -> TokenVerifier:
    """Return what turns bearer tokens into actors; the clock is the machine's, whatever the business's."""
    return TokenVerifier(trusted_issuers(container.settings), SystemClock(), KnownOperator(container))
