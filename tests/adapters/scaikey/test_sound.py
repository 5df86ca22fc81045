"""A token that was found sound is not verified twice, and stays as mortal as any other."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc.jwk import RSAKey

from scaicontrol_adapters.scaikey import sound
from scaicontrol_adapters.scaikey.keys import FixedKeys, Key, read_jwks
from scaicontrol_adapters.scaikey.sound import SoundToken, SoundTokens
from scaicontrol_adapters.scaikey.tokens import TokenVerifier, TrustedIssuer
from scaicontrol_adapters.scaikey.unverified import UnverifiedToken, read_unverified
from scaicontrol_core.kernel.errors import Unauthenticated
from scaicontrol_core.testing import FixedClock
from tests.adapters.scaikey.conftest import AUDIENCE, ISSUER, OwnsNothing, public


@pytest.fixture
def keys(issuer: Any) -> dict[Any, Any]:
    """What the issuer has published: a test may take it away."""
    return dict(read_jwks(issuer.jwks))


@pytest.fixture
def trusting(keys: dict[Any, Any], clock: FixedClock) -> TokenVerifier:
    return TokenVerifier((TrustedIssuer(ISSUER, FixedKeys(keys), AUDIENCE),), clock, OwnsNothing())


async def refused(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(Unauthenticated) as caught:
        await verifier.actor(token)
    return caught.value.code


async def test_a_signature_is_verified_once(
    trusting: TokenVerifier, issuer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, verified, real = issuer.token(), list[Key](), UnverifiedToken.is_signed_with

    def noted(read: UnverifiedToken, key: Key) -> bool:
        verified.append(key)
        return real(read, key)

    monkeypatch.setattr(UnverifiedToken, "is_signed_with", noted)
    for _ in range(3):
        assert (await trusting.actor(token)).subject == "usr_1"
    assert len(verified) == 1


async def test_a_key_that_is_withdrawn_ends_its_tokens(
    trusting: TokenVerifier, issuer: Any, keys: dict[Any, Any]
) -> None:
    token = issuer.token()
    await trusting.actor(token)
    keys.clear()
    assert await refused(trusting, token) == "token_invalid"


async def test_another_key_of_the_same_name_is_not_the_one_that_fitted(
    trusting: TokenVerifier, issuer: Any, keys: dict[Any, Any]
) -> None:
    token = issuer.token()
    await trusting.actor(token)
    keys.update(read_jwks({"keys": [public(RSAKey.generate_key(2048), "rsa-1")]}))
    assert await refused(trusting, token) == "token_invalid"


async def test_the_same_key_published_anew_goes_on_serving(
    trusting: TokenVerifier, issuer: Any, keys: dict[Any, Any]
) -> None:
    token = issuer.token()
    await trusting.actor(token)
    keys.update(read_jwks(issuer.jwks))
    assert (await trusting.actor(token)).subject == "usr_1"


async def test_it_expires_all_the_same(trusting: TokenVerifier, issuer: Any, clock: FixedClock) -> None:
    token = issuer.token()
    await trusting.actor(token)
    clock.advance(minutes=11)
    assert await refused(trusting, token) == "token_expired"


async def test_another_signature_under_the_same_claims_is_another_token(trusting: TokenVerifier, issuer: Any) -> None:
    token = issuer.token()
    await trusting.actor(token)
    head, claims, signature = token.split(".")
    forged = ".".join((head, claims, signature[::-1]))
    assert await refused(trusting, forged) == "token_invalid"


def test_the_longest_known_makes_room(issuer: Any, keys: dict[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "MOST", 2)
    ((key,), *_) = keys.values()
    found, tokens = SoundTokens(), [issuer.token(sub=f"usr_{number}") for number in range(3)]
    for token in tokens:
        found.remember(token, SoundToken(read_unverified(token), key))
    assert [found.get(token) is not None for token in tokens] == [False, True, True]
    assert not any(token in repr(found) for token in tokens)
