"""An issuer's keys: cached, fetched again with measure, kept while it is away."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, RSAKey

from scaicontrol_adapters.scaikey.keys import FetchedKeys, FixedKeys, fitting, read_jwks
from scaicontrol_core.kernel.errors import Unavailable

RSA = "RS256"


@define
class Server:
    """Answers with documents in turn, the last one for ever; an exception is raised. Counts, and tells the time."""

    answers: list[Any]
    asked: int = 0
    seconds: float = 0.0
    urls: list[str] = field(factory=list)

    async def fetch(self, url: str) -> Any:
        self.urls.append(url)
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        await asyncio.sleep(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def keys(self) -> FetchedKeys:
        return FetchedKeys("https://key.example/jwks", self.fetch, lambda: self.seconds)


def jwks(*kids: str, key: Any) -> dict[str, Any]:
    return {"keys": [{**key.as_dict(private=False), "kid": kid} for kid in kids]}


@pytest.fixture
def one(rsa_key: RSAKey) -> dict[str, Any]:
    return jwks("one", key=rsa_key)


@pytest.fixture
def two(rsa_key: RSAKey) -> dict[str, Any]:
    return jwks("one", "two", key=rsa_key)


async def test_keys_are_fetched_once_an_hour(one: dict[str, Any]) -> None:
    server = Server([one])
    keys = server.keys()
    assert server.asked == 0
    for server.seconds in (0, 1, 3599):
        assert await keys.find("one", RSA)
    assert server.asked == 1
    server.seconds = 3600
    assert await keys.find("one", RSA)
    assert server.asked == 2
    assert set(server.urls) == {"https://key.example/jwks"}


async def test_many_tokens_at_once_ask_once(one: dict[str, Any]) -> None:
    server = Server([one])
    keys = server.keys()
    found = await asyncio.gather(*(keys.find("one", RSA) for _ in range(20)))
    assert () not in found
    assert server.asked == 1


async def test_a_new_key_is_found_and_an_invented_one_does_not_flood_the_issuer(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    server = Server([one, two])
    keys = server.keys()
    await keys.find("one", RSA)
    for _ in range(10):
        assert await keys.find("two", RSA) == ()
    assert server.asked == 1
    server.seconds = 60
    assert await keys.find("two", RSA)
    for _ in range(10):
        assert await keys.find("invented", RSA) == ()
    assert server.asked == 2


async def test_known_keys_serve_while_the_issuer_is_away(one: dict[str, Any]) -> None:
    server = Server([one, OSError("no route"), {"keys": []}, "<html>", one])
    keys = server.keys()
    await keys.find("one", RSA)
    for server.seconds in (3600, 3660, 3720):
        assert await keys.find("one", RSA)
        assert keys.state.error is not None
    server.seconds = 3780
    assert await keys.find("one", RSA)
    assert keys.state.error is None
    assert (keys.state.count, keys.state.age_seconds) == (1, 0)


async def test_without_any_key_nobody_is_let_in_and_it_says_why(one: dict[str, Any]) -> None:
    server = Server([OSError("no route"), one])
    keys = server.keys()
    for server.seconds in (0, 4):
        with pytest.raises(Unavailable) as caught:
            await keys.find("one", RSA)
        assert caught.value.code == "issuer_unavailable"
    assert server.asked == 1
    server.seconds = 5
    assert await keys.find("one", RSA)


async def test_a_token_without_a_key_id_fits_an_only_key(one: dict[str, Any], two: dict[str, Any]) -> None:
    assert await Server([one]).keys().find(None, RSA)
    assert await FixedKeys(read_jwks(two)).find(None, RSA) == ()


def test_only_keys_fit_to_sign_are_read(rsa_key: RSAKey) -> None:
    listed = [
        OctKey.generate_key(256).as_dict() | {"kid": "shared"},
        {"kty": "RSA", "n": urlsafe_b64encode(b"\xc5" * 128).decode().rstrip("="), "e": "AQAB", "kid": "short"},
        ECKey.generate_key("P-384").as_dict(private=False) | {"kid": "curve"},
        rsa_key.as_dict(private=False) | {"kid": "sealing", "use": "enc"},
        {"kty": "RSA", "n": "!", "e": "AQAB", "kid": "broken"},
        "no key at all",
        rsa_key.as_dict(private=False) | {"kid": "good", "use": "sig"},
    ]
    assert set(read_jwks({"keys": listed})) == {("good", RSA)}


@pytest.mark.parametrize("document", [None, [], {}, {"keys": "many"}])
def test_what_is_no_list_of_keys(document: Any) -> None:
    with pytest.raises(ValueError, match="no JWKS"):
        read_jwks(document)


def test_only_the_algorithm_a_key_was_made_for(rsa_key: RSAKey) -> None:
    own = rsa_key.as_dict(private=False)
    fields: list[dict[str, Any]] = [
        {"alg": "RS256"},
        {"alg": "PS256"},
        {"alg": "RS512"},
        {"key_ops": ["verify"]},
        {"key_ops": ["encrypt"]},
        {"key_ops": 7},
    ]
    listed = [own | each | {"kid": str(place)} for place, each in enumerate(fields)]
    assert set(read_jwks({"keys": listed})) == {("0", RSA), ("3", RSA)}


def test_an_id_used_twice_names_both_keys(rsa_key: RSAKey) -> None:
    twice: list[Any] = [rsa_key, RSAKey.generate_key(2048), ECKey.generate_key("P-256")]
    keys = read_jwks({"keys": [key.as_dict(private=False) | {"kid": "same"} for key in twice]})
    assert [len(fitting(keys, "same", algorithm)) for algorithm in (RSA, "ES256", "HS256")] == [2, 1, 0]
    assert fitting(keys, None, RSA) == ()
    assert len(fitting(keys, None, "ES256")) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["kty", "crv", "n", "e", "x", "y", "kid", "use", "alg", "key_ops"]), JSON)
        | st.fixed_dictionaries(
            {"kty": st.sampled_from(["RSA", "EC"]), "crv": st.just("P-256")},
            optional=dict.fromkeys(("n", "e", "x", "y", "kid", "use", "alg", "key_ops"), JSON),
        )
    )
)
def test_no_broken_key_keeps_the_good_ones_from_being_read(broken: list[Any]) -> None:
    good = ECKey.import_key(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }
    )
    listed = [*broken, good.as_dict(private=False) | {"kid": "the good one"}]
    assert ("the good one", "ES256") in read_jwks({"keys": listed})
