"""Whose tokens an installation takes, made from its settings."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from scaicontrol_adapters.scaikey.current import TIMEOUT_SECONDS, FetchedGrants
from scaicontrol_adapters.scaikey.development import DevelopmentIssuer
from scaicontrol_adapters.scaikey.fetching import fetch_json
from scaicontrol_adapters.scaikey.keys import FetchedKeys, Key, Keys, KeysState, fitting, read_jwks
from scaicontrol_adapters.scaikey.standings import KnownStandings
from scaicontrol_adapters.scaikey.tokens import TokenVerifier, TrustedIssuer
from scaicontrol_adapters.system import SystemClock
from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import NotFound
from scaicontrol_core.tenancy.use_cases.get_partner import GetPartner
from scaicontrol_core.tenancy.use_cases.get_tenant import GetTenant

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container
    from scaicontrol_adapters.settings import Settings
    from scaicontrol_core.kernel.ids import PartnerId, TenantId

_ASKING = Actor.system("authentication")
_MOST_REMEMBERED = 10_000
_HOUR = 3600


@frozen
class LocalKeys:
    """The development issuer's key, made when the first token asks for it."""

    issuer: DevelopmentIssuer

    @property
    def state(self) -> KeysState:
        """It is always there and never ages."""
        return KeysState(1, 0.0, None)

    async def find(self, kid: str | None, algorithm: str) -> tuple[Key, ...]:
        """Return the key, if it is that one."""
        return fitting(_own_keys(self.issuer), kid, algorithm)

    async def look_again(self) -> bool:
        """There is nobody to ask."""
        return False


@lru_cache(maxsize=4)
def _own_keys(issuer: DevelopmentIssuer) -> Keys:
    return read_jwks(issuer.jwks())


@frozen
class KnownResellers:
    """Asks the database whose a tenancy is; what was found once stays so."""

    container: Container
    _found: dict[tuple[str | None, str | None], bool] = field(init=False, factory=dict)

    async def own(self, partner_id: PartnerId | None, tenant_id: TenantId | None) -> bool:
        """Return whether the partner is a reseller, or the tenant a reseller's; those nobody knows are not."""
        key = (partner_id, tenant_id)
        if key not in self._found:
            partners = {partner_id, await self._partner_of(tenant_id)} - {None}
            known = [await self._is_reseller(each) for each in partners if each]
            if None in known or not known:
                return any(known)
            self._remember(key, found=any(known))
        return self._found[key]

    def _remember(self, key: tuple[str | None, str | None], *, found: bool) -> None:
        if len(self._found) >= _MOST_REMEMBERED:
            self._found.clear()
        self._found[key] = found

    async def _partner_of(self, tenant_id: TenantId | None) -> PartnerId | None:
        if tenant_id is None:
            return None
        try:
            return (await self.container.use(GetTenant)(_ASKING, tenant_id)).partner_id
        except NotFound:
            return None

    async def _is_reseller(self, partner_id: PartnerId) -> bool | None:
        """Return None for a partner nobody knows."""
        try:
            return not (await self.container.use(GetPartner)(_ASKING, partner_id)).is_operator
        except NotFound:
            return None


def trusted_issuers(settings: Settings) -> tuple[TrustedIssuer, ...]:
    """Return the issuer of the settings, and the development issuer where it is on."""
    trusted = []
    if settings.jwks_url:
        keys = FetchedKeys(settings.jwks_url, fetch_json, stale_seconds=settings.jwks_stale_hours * _HOUR)
        grants = FetchedGrants(settings.scaikey_me_url, _ask_who) if settings.scaikey_me_url else None
        trusted.append(TrustedIssuer(settings.jwt_issuer, keys, settings.jwt_audience, grants))
    if settings.dev_issuer and not settings.is_production:
        own = DevelopmentIssuer.from_settings(settings)
        trusted.append(TrustedIssuer(own.issuer, LocalKeys(own), own.audience))
    return tuple(trusted)


async def _ask_who(url: str, token: str) -> Any:
    return await fetch_json(url, bearer=token, seconds=TIMEOUT_SECONDS)


def token_verifier(container: Container) -> TokenVerifier:
    """Return what turns bearer tokens into actors; the clock is the machine's, whatever the business's."""
    return TokenVerifier(
        trusted_issuers(container.settings), SystemClock(), KnownResellers(container), KnownStandings(container)
    )
