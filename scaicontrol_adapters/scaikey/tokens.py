"""Bearer tokens: verified against the keys of the issuers we trust, before any claim is believed."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Protocol

from attrs import frozen
from joserfc import jws, jwt
from joserfc.errors import JoseError

from scaicontrol_adapters.scaikey.claims import actor_of, claims_super_admin, tenancy_of
from scaicontrol_core.kernel.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaicontrol_adapters.scaikey.keys import Key, KeySource
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.kernel.clock import Clock
    from scaicontrol_core.kernel.ids import PartnerId, TenantId

#: Signatures only a private key can make; never ``none``, never a shared secret.
ALGORITHMS = ("RS256", "ES256")
LEEWAY_SECONDS = 30
_MAX_LENGTH = 16 * 1024


class Resellers(Protocol):
    """Tells whose a tenancy is."""

    async def own(self, partner_id: PartnerId | None, tenant_id: TenantId | None) -> bool:
        """Return whether the partner is a reseller, or the tenant a reseller's."""
        ...


@frozen
class TrustedIssuer:
    """Whose tokens count: ``iss`` as written in them, ``aud`` if it must name us, and its keys."""

    issuer: str
    keys: KeySource
    audience: str = ""


@frozen
class TokenVerifier:
    """Turns a bearer token into an actor. ``clock`` is the machine's: tokens live in real time."""

    issuers: tuple[TrustedIssuer, ...]
    clock: Clock
    resellers: Resellers

    async def actor(self, token: str) -> Actor:
        """Return the actor of a sound token.

        Raises ``Unauthenticated`` (``token_invalid``, ``token_expired``, ``token_incomplete``),
        ``Unavailable`` while an issuer's keys were never seen.
        """
        claims = await self.claims(token)
        # Only a claim to everything needs to know where it comes from.
        within = claims_super_admin(claims) and await self.resellers.own(*tenancy_of(claims))
        return actor_of(claims, within_reseller=within)

    async def claims(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token whose signature, issuer, audience and dates are right."""
        issuer, kid = self._read_unverified(token)
        key = await issuer.keys.find(kid)
        if key is None:
            raise _invalid("it is signed with a key that its issuer does not have")
        claims = _verified(token, key)
        self._check(claims, issuer)
        return claims

    def _read_unverified(self, token: str) -> tuple[TrustedIssuer, str | None]:
        """Learn whose keys to try; nothing read here is believed before the signature holds."""
        if len(token) > _MAX_LENGTH:
            raise _invalid("it is too long")
        try:
            parsed = jws.extract_compact(token.encode())
            header, claims = parsed.headers(), json.loads(parsed.payload)
        except (JoseError, ValueError, TypeError, RecursionError):
            raise _invalid("it is no JSON Web Token") from None
        if header.get("alg") not in ALGORITHMS:
            raise _invalid(f"it is not signed with {' or '.join(ALGORITHMS)}")
        kid = header.get("kid")
        if kid is not None and not isinstance(kid, str):
            raise _invalid("its key id is no text")
        for issuer in self.issuers:
            if isinstance(claims, dict) and claims.get("iss") == issuer.issuer:
                return issuer, kid
        raise _invalid("it is from an issuer that is not trusted here")

    def _check(self, claims: Mapping[str, Any], issuer: TrustedIssuer) -> None:
        now = self.clock.now().timestamp()
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if claims.get("iss") != issuer.issuer:
            raise _invalid("it is from an issuer that is not trusted here")
        if issuer.audience and issuer.audience not in audiences:
            raise _invalid("it is meant for somebody else")
        if now >= _seconds(claims, "exp") + LEEWAY_SECONDS:
            raise Unauthenticated("The token has expired.", code="token_expired", hint="Get a new one.")
        if "nbf" in claims and now < _seconds(claims, "nbf") - LEEWAY_SECONDS:
            raise _invalid("it is not valid yet")


def _verified(token: str, key: Key) -> Mapping[str, Any]:
    try:
        return jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims
    except (JoseError, ValueError, TypeError):
        raise _invalid("its signature does not match") from None


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _invalid(f"its claim {name} is no time")
    return float(value)


def _invalid(reason: str) -> Unauthenticated:
    return Unauthenticated(f"The token cannot be used: {reason}.", code="token_invalid")
