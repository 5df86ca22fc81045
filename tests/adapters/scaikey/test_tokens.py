"""Only a token that a trusted issuer signed, for us and for now, becomes an actor."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from scaicontrol_adapters.scaikey.keys import FixedKeys, read_jwks
from scaicontrol_adapters.scaikey.tokens import TokenVerifier, TrustedIssuer
from scaicontrol_core.kernel.errors import Unauthenticated
from scaicontrol_core.testing import FixedClock


def encoded(part: bytes | dict[str, Any]) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def refused(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(Unauthenticated) as caught:
        await verifier.actor(token)
    return caught.value.code


@pytest.mark.parametrize("header", [{}, {"alg": "ES256", "kid": "ec-1"}, {"kid": "rsa-1", "typ": "at+jwt"}])
async def test_a_sound_token_is_an_actor(verifier: TokenVerifier, issuer: Any, header: dict[str, str]) -> None:
    actor = await verifier.actor(issuer.token(header))
    assert actor.subject == "usr_1"
    assert (actor.scope.tenant_id, actor.scope.partner_id) == ("tnt_1", "prt_1")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b",
        "a.b.c",
        "a.b.c.d.e",
        "..",
        "é.é.é",
        "\x00",
        "eyJhbGciOiJSUzI1NiJ9..",
        "x" * 20_000,
        "e30.e30.e30",
    ],
)
async def test_what_is_no_token(verifier: TokenVerifier, token: str) -> None:
    assert await refused(verifier, token) == "token_invalid"


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
async def test_a_token_that_nobody_signed(verifier: TokenVerifier, issuer: Any, alg: str) -> None:
    header, claims = encoded({"alg": alg, "kid": "rsa-1"}), encoded(issuer.claims(roles=["super_admin"]))
    for signature in ("", "AA"):
        assert await refused(verifier, f"{header}.{claims}.{signature}") == "token_invalid"


async def test_a_public_key_is_no_shared_secret(verifier: TokenVerifier, issuer: Any) -> None:
    for secret in (issuer.rsa.as_pem(private=False), json.dumps(issuer.jwks["keys"][0]).encode()):
        signed = f"{encoded({'alg': 'HS256', 'kid': 'rsa-1'})}.{encoded(issuer.claims())}"
        signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
        assert await refused(verifier, f"{signed}.{encoded(signature)}") == "token_invalid"


async def test_a_signature_by_another_algorithm_of_the_same_key(verifier: TokenVerifier, issuer: Any) -> None:
    assert await refused(verifier, issuer.token({"alg": "PS256"})) == "token_invalid"


async def test_an_algorithm_that_is_not_the_keys(verifier: TokenVerifier, issuer: Any) -> None:
    assert await refused(verifier, issuer.token({"alg": "ES256", "kid": "rsa-1"})) == "token_invalid"
    assert await refused(verifier, issuer.token({"alg": "RS256", "kid": "ec-1"})) == "token_invalid"


async def test_changed_claims(verifier: TokenVerifier, issuer: Any) -> None:
    header, _, signature = issuer.token().split(".")
    forged = encoded(issuer.claims(roles=["super_admin"]))
    assert await refused(verifier, f"{header}.{forged}.{signature}") == "token_invalid"


async def test_somebody_elses_key(verifier: TokenVerifier, issuer: Any) -> None:
    stranger = type(issuer)(issuer.clock, RSAKey.generate_key(2048))
    assert await refused(verifier, stranger.token()) == "token_invalid"


async def test_a_key_that_comes_along_in_the_token_is_not_used(verifier: TokenVerifier, issuer: Any) -> None:
    stranger = type(issuer)(issuer.clock, RSAKey.generate_key(2048))
    own = {"jwk": stranger.rsa.as_dict(private=False)}
    assert await refused(verifier, stranger.token(own)) == "token_invalid"


async def test_an_unknown_or_strange_key_id(verifier: TokenVerifier, issuer: Any) -> None:
    assert await refused(verifier, issuer.token({"kid": "rsa-9"})) == "token_invalid"
    header = encoded({"alg": "RS256", "kid": ["rsa-1"]})
    assert await refused(verifier, f"{header}.{encoded(issuer.claims())}.AA") == "token_invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"iss": ["https://key.example"]},
        {"aud": "somebody-else"},
        {"aud": None},
        {"aud": ["a", "b"]},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"nbf": "yesterday"},
        {"nbf": True},
        {"exp": 10**400},
        {"iat": "today"},
        {"token_use": "id"},
        {"token_type": "refresh"},
        {"typ": "Refresh"},
        {"at_hash": "x"},
        {"events": {}},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 101},
        {"sub": 7},
        {"tenant_id": 7},
        {"tenant_id": ""},
        {"partner_id": ["prt_1"]},
        {"roles": "super_admin"},
        {"permissions": {"admin:billing": True}},
        {"permissions": [["admin:billing"]]},
        {"roles": [{"permissions": ["admin:billing"]}]},
        {"groups": "finance"},
        {"groups": [{"name": "finance", "roles": "tenant_admin"}]},
    ],
)
async def test_claims_that_do_not_fit(verifier: TokenVerifier, issuer: Any, changes: dict[str, Any]) -> None:
    assert await refused(verifier, issuer.token(**changes)) == "token_invalid"


async def test_an_audience_may_be_one_of_several(verifier: TokenVerifier, issuer: Any) -> None:
    await verifier.actor(issuer.token(aud=["portal", "scaicontrol"]))


async def test_a_token_ends_half_a_minute_late_and_begins_half_a_minute_early(
    verifier: TokenVerifier, issuer: Any, clock: FixedClock
) -> None:
    now = int(clock.now().timestamp())
    await verifier.actor(issuer.token(exp=now - 29))
    assert await refused(verifier, issuer.token(exp=now - 30)) == "token_expired"
    await verifier.actor(issuer.token(nbf=now + 30))
    assert await refused(verifier, issuer.token(nbf=now + 31)) == "token_invalid"
    token = issuer.token()
    clock.advance(hours=1)
    assert await refused(verifier, token) == "token_expired"


async def test_a_token_is_not_made_in_the_future(verifier: TokenVerifier, issuer: Any, clock: FixedClock) -> None:
    now = int(clock.now().timestamp())
    await verifier.actor(issuer.token(iat=now + 30))
    await verifier.actor(issuer.token(iat=None))
    assert await refused(verifier, issuer.token(iat=now + 31)) == "token_invalid"


@pytest.mark.parametrize("exp", [4_000_000_000, 9_999_999_999.5, 10**17])
async def test_a_token_may_live_for_ever(verifier: TokenVerifier, issuer: Any, exp: float) -> None:
    assert (await verifier.caller(issuer.token(exp=exp))).expires_at.year > 2090


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "application/at+jwt", None])
async def test_what_access_tokens_call_themselves(verifier: TokenVerifier, issuer: Any, typ: str | None) -> None:
    header = {"alg": "RS256", "kid": "rsa-1"} | ({} if typ is None else {"typ": typ})
    signed = f"{encoded(header)}.{encoded(issuer.claims())}"
    signature = issuer.rsa.private_key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    await verifier.actor(f"{signed}.{encoded(signature)}")


@pytest.mark.parametrize("typ", ["logout+jwt", "secevent+jwt", "dpop+jwt", "JWE", ""])
async def test_what_other_tokens_call_themselves(verifier: TokenVerifier, issuer: Any, typ: str) -> None:
    assert await refused(verifier, issuer.token({"typ": typ})) == "token_invalid"


async def test_a_header_may_say_more_than_we_know(verifier: TokenVerifier, issuer: Any) -> None:
    header = {"alg": "RS256", "kid": "rsa-1", "x5c": ["M" * 2000], "flavour": "vanilla"}
    signed = f"{encoded(header)}.{encoded(issuer.claims())}"
    signature = issuer.rsa.private_key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    await verifier.actor(f"{signed}.{encoded(signature)}")


async def test_a_name_that_stands_twice(verifier: TokenVerifier, issuer: Any) -> None:
    header = encoded({"alg": "RS256", "kid": "rsa-1"})
    claims = encoded(json.dumps(issuer.claims())[:-1].encode() + b', "sub": "usr_2"}')
    signature = issuer.rsa.private_key.sign(f"{header}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    assert await refused(verifier, f"{header}.{claims}.{encoded(signature)}") == "token_invalid"


PARTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
HEADERS = PARTS | st.fixed_dictionaries(
    {"alg": st.sampled_from(["RS256", "ES256", "none", "HS256"]) | PARTS},
    optional=dict.fromkeys(("kid", "typ", "crit", "b64", "jwk", "jku", "x5u", "x5c", "cty", "zip"), PARTS),
)
CLAIMS = PARTS | st.fixed_dictionaries(
    {"iss": st.just("https://key.example") | PARTS},
    optional=dict.fromkeys(("aud", "exp", "nbf", "iat", "sub", "roles", "groups", "token_type"), PARTS),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=HEADERS, claims=CLAIMS, signature=st.binary(max_size=300))
async def test_whatever_is_sent_is_refused_and_breaks_nothing(
    verifier: TokenVerifier, header: Any, claims: Any, signature: bytes
) -> None:
    token = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}.{encoded(signature)}"
    assert await refused(verifier, token) == "token_invalid"


async def test_each_issuer_has_its_own_keys(issuer: Any, clock: FixedClock, verifier: TokenVerifier) -> None:
    other = type(issuer)(clock, RSAKey.generate_key(2048))
    second = TrustedIssuer("https://second.example", FixedKeys(read_jwks(other.jwks)))
    both = TokenVerifier((*verifier.issuers, second), clock, verifier.resellers)
    await both.actor(issuer.token())
    await both.actor(other.token(iss="https://second.example", aud=None))
    assert await refused(both, other.token()) == "token_invalid"
    assert await refused(both, issuer.token(iss="https://second.example")) == "token_invalid"


async def test_super_admin_from_within_a_reseller_is_none(verifier: TokenVerifier, issuer: Any) -> None:
    admin = await verifier.actor(issuer.token(roles=["super_admin"], tenant_id=None, partner_id=None))
    assert admin.is_super_admin
    assert (await verifier.actor(issuer.token(roles=["super_admin"]))).is_super_admin
    reseller = issuer.token(roles=["super_admin", "partner_admin"], partner_id="prt_reseller")
    assert not (await verifier.actor(reseller)).is_super_admin
