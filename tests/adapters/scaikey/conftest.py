"""An issuer that signs whatever a test asks for."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import field, frozen
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from scaicontrol_adapters.scaikey.keys import FixedKeys, read_jwks
from scaicontrol_adapters.scaikey.tokens import TokenVerifier, TrustedIssuer
from scaicontrol_core.testing import FixedClock

ISSUER = "https://key.example"
AUDIENCE = "scaicontrol"


def public(key: RSAKey | ECKey, kid: str, **fields: str) -> dict[str, Any]:
    """Return a key as a JWKS lists it."""
    return {**key.as_dict(private=False), "kid": kid, **fields}


@frozen
class Issuer:
    """Signs tokens with an RSA key ``rsa-1`` or an elliptic key ``ec-1``."""

    clock: FixedClock
    rsa: RSAKey
    ec: ECKey = field(factory=lambda: ECKey.generate_key("P-256"))

    @property
    def jwks(self) -> dict[str, Any]:
        """Its public keys."""
        return {"keys": [public(self.rsa, "rsa-1"), public(self.ec, "ec-1")]}

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return sound claims of a tenant's user, changed; a change to None takes a claim away."""
        now = int(self.clock.now().timestamp())
        usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "usr_1", "exp": now + 600, "iat": now, "nbf": now}
        usual |= {"tenant_id": "tnt_1", "partner_id": "prt_1", "roles": ["tenant_admin"]}
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def token(self, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """Sign changed claims, by default with the RSA key."""
        used = {"alg": "RS256", "kid": "rsa-1"} | (header or {})
        key = self.ec if used["alg"] == "ES256" else self.rsa
        return jwt.encode(used, self.claims(**changes), key, algorithms=["RS256", "ES256", "PS256"])


@frozen
class OwnsNothing:
    """A world without resellers, unless it is told of one."""

    resellers: frozenset[str] = frozenset()

    async def own(self, partner_id: str | None, tenant_id: str | None) -> bool:
        """Tell whether it was told of the partner."""
        return partner_id in self.resellers


@pytest.fixture(scope="session")
def rsa_key() -> RSAKey:
    """One key for all: making one takes its time."""
    return RSAKey.generate_key(2048)


@pytest.fixture
def clock() -> FixedClock:
    """The clock of the verifier."""
    return FixedClock()


@pytest.fixture
def issuer(clock: FixedClock, rsa_key: RSAKey) -> Issuer:
    """An issuer."""
    return Issuer(clock, rsa_key)


@pytest.fixture
def verifier(issuer: Issuer) -> TokenVerifier:
    """A verifier that trusts it, if the audience is right."""
    trusted = TrustedIssuer(ISSUER, FixedKeys(read_jwks(issuer.jwks)), AUDIENCE)
    return TokenVerifier((trusted,), issuer.clock, OwnsNothing(frozenset({"prt_reseller"})))
