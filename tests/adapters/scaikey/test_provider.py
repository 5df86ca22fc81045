"""Tokens and keys of a provider that we did not write: its rotations, its outages, and what it says by now."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import define
from joserfc.jwk import RSAKey

from scaicontrol_adapters.scaikey.current import FetchedGrants
from scaicontrol_adapters.scaikey.fetching import MAX_BYTES, Unreachable, fetch_json
from scaicontrol_adapters.scaikey.keys import FetchedKeys
from scaicontrol_adapters.scaikey.tokens import TokenVerifier, TrustedIssuer
from scaicontrol_adapters.system import SystemClock
from scaicontrol_core.access import Permission
from scaicontrol_core.kernel.errors import Unauthenticated, Unavailable
from scaicontrol_core.kernel.scope import ScopeKind
from tests.services.openid import AUDIENCE, JWKS, USERINFO, Line, OpenIdProvider

HOUR = 3600
PATIENCE = 3.0
TENANCY = {"tenant_id": "tnt_1", "partner_id": "prt_1"}


class Nobodys:
    """A world without resellers."""

    async def own(self, partner_id: str | None, tenant_id: str | None) -> bool:
        return False


@define
class Door:
    """A verifier at the end of a line to the provider. ``seconds`` is its time for keys, beside the world's."""

    provider: OpenIdProvider
    line: Line
    keys: FetchedKeys
    verifier: TokenVerifier
    seconds: float = 0.0

    async def opens(self, token: str) -> bool:
        """Tell whether the token is let in."""
        try:
            await self.verifier.actor(token)
        except Unauthenticated:
            return False
        return True

    @property
    def looks(self) -> int:
        """How often the keys were fetched."""
        return self.line.count(JWKS)


@pytest.fixture
def door(openid_provider: OpenIdProvider, openid_line: Line) -> Door:
    async def fetched(url: str) -> Any:
        return await fetch_json(url, seconds=PATIENCE)

    async def asked(url: str, token: str) -> Any:
        return await fetch_json(url, bearer=token, seconds=PATIENCE)

    openid_provider.enrol("tom", roles=["tenant_admin"], groups=["finance"])
    keys = FetchedKeys(openid_line.url + JWKS, fetched)
    grants = FetchedGrants(openid_line.url + USERINFO, asked)
    issuer = TrustedIssuer(openid_provider.url, keys, AUDIENCE, grants)
    made = Door(openid_provider, openid_line, keys, TokenVerifier((issuer,), SystemClock(), Nobodys()))
    keys.now = lambda: made.seconds
    return made


async def test_its_tokens_open_the_door(door: Door) -> None:
    caller = await door.verifier.caller(door.provider.token("tom", **TENANCY))
    assert (caller.actor.subject, caller.actor.scope.kind) == ("tom", ScopeKind.TENANT)
    assert [*caller.actor.roles, *caller.actor.groups] == ["tenant_admin", "finance"]
    assert Permission.BILLING_MANAGE in caller.actor.permissions
    assert caller.refreshed
    assert 500 < (caller.expires_at - datetime.now(UTC)).total_seconds() <= 600


async def test_only_its_access_tokens_do(door: Door) -> None:
    tokens = door.provider.tokens("tom", **TENANCY)
    assert await door.opens(tokens["access_token"])
    assert not await door.opens(tokens["refresh_token"])
    assert not await door.opens(tokens["id_token"])
    named = door.provider.signed({**TENANCY, "aud": AUDIENCE, "at_hash": "iqXrEdhITtLEuqYsf2rnsQ"})
    assert not await door.opens(named)


async def test_a_new_key_is_found_with_one_look_and_the_old_one_still_counts(door: Door) -> None:
    before = door.provider.token("tom", **TENANCY)
    assert await door.opens(before)
    door.provider.rotate()
    after = door.provider.token("tom", **TENANCY)
    assert not await door.opens(after), "the keys were fetched less than a minute ago"
    assert door.looks == 1
    door.seconds = 60
    opened = await asyncio.gather(*(door.opens(token) for token in [after, before] * 25))
    assert all(opened)
    assert door.looks == 2


async def test_a_rotation_under_load_costs_one_look(door: Door) -> None:
    door.line.seconds = 0.2
    assert await door.opens(door.provider.token("tom", **TENANCY))
    door.seconds = 120
    door.provider.rotate()
    fresh = [door.provider.token("tom", **TENANCY) for _ in range(3)]
    assert all(await asyncio.gather(*(door.opens(token) for token in fresh * 20)))
    assert door.looks == 2
    assert door.line.count(USERINFO) == 4, "each token was asked about once"


async def test_invented_key_ids_do_not_flood_it(door: Door) -> None:
    await door.opens(door.provider.token("tom", **TENANCY))
    kids = ["no-such-key", "../../../../etc/passwd", "https://evil.example/jwks.json", "' OR '1'='1", "\x00", "é" * 100]
    for door.seconds in (60.0, 61.0, 119.0):
        for kid in kids:
            assert not await door.opens(door.provider.signed(TENANCY, {"kid": kid}))
    assert door.looks == 2
    assert set(door.line.asked) <= {JWKS, USERINFO}


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"oops"),
        (404, b"{}"),
        (302, b""),
        (200, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"keys": []}'),
        (200, b'{"keys": [{"kty": "oct", "k": "aHVzaA", "kid": "x"}]}'),
        (200, b'{"keys": ' + b"[" * 50_000),
        (200, json.dumps({"keys": [], "padding": "x" * MAX_BYTES}).encode()),
    ],
)
async def test_whatever_it_answers_known_keys_serve_for_a_day_and_then_nobody_is_let_in(
    door: Door, answer: tuple[int, bytes]
) -> None:
    token = door.provider.token("tom", **TENANCY)
    assert await door.opens(token)
    door.line.answers[JWKS] = answer
    for door.seconds in (1 * HOUR, 2 * HOUR, 24 * HOUR - 1):
        assert await door.opens(token)
        assert door.keys.state.error is not None
    door.seconds = 24 * HOUR
    with pytest.raises(Unavailable) as caught:
        await door.opens(token)
    assert caught.value.code == "issuer_unavailable"
    assert door.keys.state.count == 0
    door.line.recover()
    door.seconds += 5
    assert await door.opens(token)


async def test_a_slow_issuer_keeps_one_waiting_and_not_the_others(door: Door) -> None:
    token = door.provider.token("tom", **TENANCY)
    assert await door.opens(token)
    door.seconds, door.line.seconds = HOUR, 2 * PATIENCE
    waiting = asyncio.create_task(door.opens(token))
    await asyncio.to_thread(door.line.wait_until_asked, JWKS, 2)
    started = time.monotonic()
    assert all(await asyncio.gather(*(door.opens(token) for _ in range(20))))
    assert not waiting.done(), "the others went by while it waited"
    assert time.monotonic() - started < PATIENCE
    assert await waiting, "and it too, with the known key, when its patience ended"


async def test_an_asker_who_goes_away_takes_nobody_with_it(door: Door) -> None:
    token = door.provider.token("tom", **TENANCY)
    door.line.seconds = 0.2
    gone = asyncio.create_task(door.opens(token))
    await asyncio.to_thread(door.line.wait_until_asked, JWKS, 1)
    gone.cancel()
    assert await door.opens(token), "the next one asks at once"


async def test_what_was_granted_or_taken_since_counts(door: Door) -> None:
    door.provider.enrol("olga", roles=["super_admin"])
    then = door.provider.token("olga", **TENANCY)
    door.provider.enrol("olga", roles=["tenant_admin"])
    assert (await door.verifier.actor(then)).scope.kind is ScopeKind.TENANT
    now = door.provider.token("olga", **TENANCY)
    door.provider.enrol("olga", roles=["super_admin"])
    assert (await door.verifier.actor(now)).scope.kind is ScopeKind.PLATFORM
    assert door.line.bearers[-1] == f"Bearer {now}"


async def test_each_token_is_asked_about_once_until_it_expires(door: Door) -> None:
    tokens = [door.provider.token("tom", **TENANCY) for _ in range(2)]
    for _ in range(3):
        assert all(await asyncio.gather(*(door.opens(token) for token in tokens * 10)))
    assert door.line.count(USERINFO) == 2


async def test_if_it_does_not_say_the_tokens_own_grants_serve(door: Door) -> None:
    token = door.provider.token("tom", **TENANCY)
    door.line.answers[USERINFO] = (503, b"")
    caller = await door.verifier.caller(token)
    assert not caller.refreshed
    assert caller.actor.roles == {"tenant_admin"}
    for _ in range(5):
        assert await door.opens(door.provider.token("tom", **TENANCY))
    assert door.line.count(USERINFO) == 1, "nobody waits for an issuer that has just failed"


@pytest.mark.parametrize(
    "answer",
    [
        (401, b"{}"),
        (200, b'{"sub": "somebody-else", "roles": ["super_admin"]}'),
        (200, b'{"roles": ["super_admin"]}'),
        (200, b'["super_admin"]'),
        (200, b"<html>"),
    ],
)
async def test_an_answer_that_is_none_grants_nothing_and_keeps_nobody_else_from_asking(
    door: Door, answer: tuple[int, bytes]
) -> None:
    door.line.answers[USERINFO] = answer
    caller = await door.verifier.caller(door.provider.token("tom", **TENANCY))
    assert (caller.refreshed, caller.actor.scope.kind) == (False, ScopeKind.TENANT)
    door.line.recover()
    assert (await door.verifier.caller(door.provider.token("tom", **TENANCY))).refreshed


async def test_its_answer_moves_nobody_into_another_tenancy(door: Door) -> None:
    told = {
        "sub": "tom",
        "roles": ["partner_admin"],
        "partner_id": "prt_2",
        "tenant_id": "tnt_2",
        "token_type": "service",
    }
    door.line.answers[USERINFO] = (200, json.dumps(told | {"app_id": "mail"}).encode())
    actor = await door.verifier.actor(door.provider.token("tom", **TENANCY))
    assert (actor.scope.kind, actor.scope.partner_id) == (ScopeKind.PARTNER, "prt_1")


async def test_groups_bring_their_roles(door: Door) -> None:
    told = {"sub": "vera", "roles": [], "groups": [{"name": "payers", "roles": ["tenant_admin"]}, "readers"]}
    door.provider.enrol("vera", roles=[])
    door.line.answers[USERINFO] = (200, json.dumps(told).encode())
    actor = await door.verifier.actor(door.provider.token("vera", **TENANCY))
    assert actor.roles == {"tenant_admin"}
    assert actor.groups == {"payers", "readers"}
    assert Permission.BILLING_MANAGE in actor.permissions


async def test_a_service_is_nobody_whose_roles_could_change(door: Door) -> None:
    own = {"token_type": "service", "app_id": "mail", "permissions": ["registry:manage", "admin:platform"]}
    actor = await door.verifier.actor(door.provider.signed(own))
    assert (actor.subject, actor.scope.app_id) == ("service:mail", "mail")
    assert actor.permissions == {Permission.REGISTRY_MANAGE}
    assert door.line.count(USERINFO) == 0


async def test_a_token_without_a_key_id_follows_a_change_of_the_only_key(door: Door) -> None:
    async def only(key: RSAKey) -> None:
        listed = {"keys": [key.as_dict(private=False)]}
        door.line.answers[JWKS] = (200, json.dumps(listed).encode())

    _, key = door.provider.key()
    anonymous = _without_kid(door)
    await only(RSAKey.generate_key(2048))
    assert not await door.opens(anonymous(key))
    await only(key)
    assert not await door.opens(anonymous(key))
    door.seconds = 60
    assert await door.opens(anonymous(key))
    assert door.looks == 2


def _without_kid(door: Door) -> Callable[[RSAKey], str]:
    from joserfc import jwt  # noqa: PLC0415

    now = int(time.time())
    claims = {"iss": door.provider.url, "aud": AUDIENCE, "sub": "tom", "exp": now + 600, **TENANCY}
    return lambda key: jwt.encode({"alg": "RS256"}, claims, key)


async def test_nothing_is_fetched_from_elsewhere(openid_line: Line) -> None:
    with pytest.raises(ValueError, match="answer is"):
        await fetch_json(f"{openid_line.url}/nowhere")
    openid_line.seconds = 1.0
    with pytest.raises(Unreachable):
        await fetch_json(openid_line.url + JWKS, seconds=0.05)
    with pytest.raises(Unreachable):
        await fetch_json("http://127.0.0.1:1/jwks")


async def test_a_document_has_an_end_and_comes_in_time(openid_line: Line) -> None:
    openid_line.answers[JWKS] = (200, json.dumps({"padding": "x" * MAX_BYTES}).encode())
    with pytest.raises(ValueError, match="too large"):
        await fetch_json(openid_line.url + JWKS)

    gone = asyncio.Event()

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            for _byte in range(1000):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)  # soon enough for each byte, and never done
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        gone.set()

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        started = time.monotonic()
        with pytest.raises(Unreachable):
            await fetch_json(f"http://127.0.0.1:{port}/", seconds=0.5)
        assert time.monotonic() - started < 8
        await gone.wait()
