"""Bearer tokens: verified against the keys of the issuers we trust, before any claim is believed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from attrs import field, frozen

from scaicontrol_adapters.scaikey.claims import (
    MAX_SUBJECT,
    actor_of,
    claims_super_admin,
    fitting,
    is_service,
    tenancy_of,
)
from scaicontrol_adapters.scaikey.sound import SoundToken, SoundTokens
from scaicontrol_adapters.scaikey.unverified import ALGORITHMS, UnverifiedToken, invalid, read_unverified
from scaicontrol_core.access.actor import Actor
from scaicontrol_core.identity.errors import UserIsDeactivated
from scaicontrol_core.kernel.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaicontrol_adapters.scaikey.current import CurrentGrants
    from scaicontrol_adapters.scaikey.keys import Key, KeySource
    from scaicontrol_adapters.scaikey.standings import Standings
    from scaicontrol_core.identity.standing import Standing
    from scaicontrol_core.kernel.clock import Clock
    from scaicontrol_core.kernel.ids import PartnerId, TenantId

__all__ = ["ALGORITHMS", "LEEWAY_SECONDS", "Caller", "Resellers", "TokenVerifier", "TrustedIssuer"]

#: How far clocks may differ.
LEEWAY_SECONDS = 30
#: The last second of the year 9999: beyond it there are no dates.
_LATEST = 253_402_300_799
#: Tokens say "for ever" with times that are no dates; anything beyond is no number that a time could be.
_FAR = 10**18
#: What an issuer calls the tokens that are no access tokens.
_OTHER_KINDS = frozenset({"id", "id_token", "refresh", "refresh_token", "offline", "logout"})


class Resellers(Protocol):
    """Tells whose a tenancy is."""

    async def own(self, partner_id: PartnerId | None, tenant_id: TenantId | None) -> bool:
        """Return whether the partner is a reseller, or the tenant a reseller's."""
        ...


@frozen
class TrustedIssuer:
    """Whose tokens count: ``iss`` as written in them, ``aud`` if it must name us, and its keys.

    ``grants`` knows what the issuer grants by now; without it, a token's own snapshot serves.
    """

    issuer: str
    keys: KeySource
    audience: str = ""
    grants: CurrentGrants | None = None


@frozen
class Caller:
    """Who a token stands for, until when, and whether its issuer said by now what they may do."""

    actor: Actor
    expires_at: datetime
    refreshed: bool


@frozen
class TokenVerifier:
    """Turns a bearer token into an actor. ``clock`` is the machine's: tokens live in real time."""

    issuers: tuple[TrustedIssuer, ...]
    clock: Clock
    resellers: Resellers
    standings: Standings | None = None
    _sound: SoundTokens = field(init=False, factory=SoundTokens)

    async def actor(self, token: str) -> Actor:
        """Return the actor of a sound token; raises as ``caller`` does."""
        return (await self.caller(token)).actor

    async def caller(self, token: str) -> Caller:
        """Return who a sound token stands for.

        Raises ``Unauthenticated`` (``token_invalid``, ``token_expired``, ``token_incomplete``),
        ``UserIsDeactivated`` for who is out by now, ``Unavailable`` while an issuer's keys are not to be had.
        """
        issuer, claims = await self._verify(token)
        expires_at = datetime.fromtimestamp(min(_seconds(claims, "exp"), _LATEST), tz=UTC)
        current = None
        # A service has no user whose roles could have changed.
        if issuer.grants is not None and not is_service(claims):
            current = await issuer.grants.of(token, claims)
        actor = await self._actor({**claims, **(current or {})}, await self._standing(claims))
        return Caller(actor, expires_at, refreshed=current is not None)

    async def claims(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token whose signature, issuer, audience, kind and dates are right."""
        return (await self._verify(token))[1]

    async def _standing(self, claims: Mapping[str, Any]) -> Standing | None:
        subject = claims.get("sub")
        if self.standings is None or is_service(claims) or not isinstance(subject, str) or len(subject) > MAX_SUBJECT:
            return None
        standing = await self.standings.of(subject)
        if standing is not None and not standing.is_active:
            raise UserIsDeactivated
        return fitting(claims, standing)

    async def _actor(self, claims: Mapping[str, Any], standing: Standing | None) -> Actor:
        # Only a claim to everything needs to know where it comes from; whom it was given to here is no reseller's.
        within = claims_super_admin(claims) and await self.resellers.own(*tenancy_of(claims))
        return actor_of(claims, within_reseller=within, standing=standing)

    async def _verify(self, token: str) -> tuple[TrustedIssuer, Mapping[str, Any]]:
        known = self._sound.get(token)
        read = read_unverified(token) if known is None else known.read
        issuer = next((each for each in self.issuers if each.issuer == read.issuer), None)
        if issuer is None:
            raise invalid("it is from an issuer that is not trusted here")
        keys = await issuer.keys.find(read.kid, read.algorithm)
        if known is None or not known.is_signed_with_one_of(keys):
            key = await _signing_key(read, keys, issuer.keys)
            if key is None:
                raise invalid("no key of its issuer fits its signature")
            self._sound.remember(token, SoundToken(read, key))
        self._check(read.claims, issuer)
        return issuer, read.claims

    def _check(self, claims: Mapping[str, Any], issuer: TrustedIssuer) -> None:
        now = self.clock.now().timestamp()
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if issuer.audience and issuer.audience not in audiences:
            raise invalid("it is meant for somebody else")
        if _is_for_something_else(claims):
            raise invalid("it is no access token")
        if now >= _seconds(claims, "exp") + LEEWAY_SECONDS:
            raise Unauthenticated("The token has expired.", code="token_expired", hint="Get a new one.")
        if "nbf" in claims and now < _seconds(claims, "nbf") - LEEWAY_SECONDS:
            raise invalid("it is not valid yet")
        if "iat" in claims and now < _seconds(claims, "iat") - LEEWAY_SECONDS:
            raise invalid("it is from the future")


async def _signing_key(read: UnverifiedToken, keys: Sequence[Key], source: KeySource) -> Key | None:
    found = next((key for key in keys if read.is_signed_with(key)), None)
    # An issuer that names no key ids may have changed its key: an unknown id would have told.
    if found is not None or read.kid is not None or not await source.look_again():
        return found
    return next((key for key in await source.find(None, read.algorithm) if read.is_signed_with(key)), None)


def _is_for_something_else(claims: Mapping[str, Any]) -> bool:
    """Tell whether the issuer signed this as an ID, refresh or logout token, which must not open an API."""
    kinds = {str(claims.get(name, "")).lower() for name in ("token_use", "token_type", "typ")}
    return bool(kinds & _OTHER_KINDS) or "at_hash" in claims or "events" in claims


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    # Beyond these bounds no float holds it, and no date.
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_LATEST <= value <= _FAR:
        raise invalid(f"its claim {name} is no time")
    return float(value)
