"""Tokens of a provider that we did not write, sound and forged, at the door of the real application."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest
import structlog
from attrs import evolve, frozen
from httpx import ASGITransport, AsyncClient, Response
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import LogLevel, Settings
from scaicontrol_adapters.telemetry import configure_logging
from scaicontrol_http.app import create_app
from tests.services.openid import AUDIENCE, JWKS, USERINFO, Line, OpenIdProvider

ME = "/api/v1/auth/me"
TENANCY = {"tenant_id": "tnt_1", "partner_id": "prt_1"}
STRANGER = RSAKey.generate_key(2048)


def encoded(part: bytes | dict[str, Any]) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@frozen
class Server:
    """The application behind the provider, and what it logs."""

    client: AsyncClient
    provider: OpenIdProvider
    line: Line
    log: io.StringIO

    async def me(self, token: str) -> Response:
        return await self.client.get(ME, headers={"Authorization": f"Bearer {token}"})

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(each) for each in self.log.getvalue().splitlines()]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any library logs, as production writes it."""
    root, stream = logging.getLogger(), io.StringIO()
    before, level = list(root.handlers), root.level
    configure_logging(Settings(log_level=LogLevel.DEBUG), stream)
    yield stream
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
async def server(
    settings: Settings, openid_provider: OpenIdProvider, openid_line: Line, log: io.StringIO
) -> AsyncIterator[Server]:
    connected = evolve(
        settings,
        dev_issuer=False,
        scaikey_url=openid_provider.url,
        jwt_issuer=openid_provider.url,
        jwt_audience=AUDIENCE,
        jwks_url=openid_line.url + JWKS,
        scaikey_me_url=openid_line.url + USERINFO,
    )
    openid_provider.enrol("tom", roles=["tenant_admin"], groups=["finance"])
    openid_provider.enrol("rita", roles=["partner_admin"])
    openid_provider.enrol("olga", roles=["super_admin"])
    async with AsyncExitStack() as stack:
        container = await stack.enter_async_context(Container.from_settings(connected))
        transport = ASGITransport(cast("Any", create_app(container)))
        client = await stack.enter_async_context(AsyncClient(transport=transport, base_url="http://server"))
        yield Server(client, openid_provider, openid_line, log)


async def test_who_am_i(server: Server) -> None:
    answer = (await server.me(server.provider.token("tom", **TENANCY))).json()
    assert answer.pop("expires_at").endswith("Z")
    assert answer == {
        "subject": "tom",
        "kind": "user",
        "scope": {"kind": "tenant", "partner_id": "prt_1", "tenant_id": "tnt_1", "app_id": None},
        "roles": ["tenant_admin"],
        "groups": ["finance"],
        "permissions": ["billing:manage", "billing:read", "services:read", "subscriptions:read"],
        "refreshed": True,
    }
    assert (await server.me(server.provider.token("olga"))).json()["scope"]["kind"] == "platform"
    service = server.provider.signed({"token_type": "service", "app_id": "mail", "permissions": ["registry:manage"]})
    told = (await server.me(service)).json()
    assert (told["kind"], told["scope"]["app_id"], told["permissions"]) == ("service", "mail", ["registry:manage"])
    assert not told["refreshed"]


def hs256(secret: bytes, claims: dict[str, Any], kid: str) -> str:
    signed = f"{encoded({'alg': 'HS256', 'kid': kid})}.{encoded(claims)}"
    return f"{signed}.{encoded(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def claims_of(provider: OpenIdProvider, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": provider.url, "aud": AUDIENCE, "sub": "olga", "exp": now + 600, "roles": ["super_admin"]} | changes


def unsigned(alg: str) -> Callable[[OpenIdProvider], str]:
    return lambda at: f"{encoded({'alg': alg, 'kid': at.key()[0]})}.{encoded(claims_of(at))}."


def by_stranger(**header: Any) -> Callable[[OpenIdProvider], str]:
    """Sign with a key of one's own, and say in the header where to find it."""
    return lambda at: jwt.encode({"alg": "RS256", "kid": at.key()[0], **header}, claims_of(at), STRANGER)


def saying(**claims: Any) -> Callable[[OpenIdProvider], str]:
    """Let the provider itself sign what it should not have."""
    return lambda at: at.signed(TENANCY | claims)


def headed(**header: Any) -> Callable[[OpenIdProvider], str]:
    return lambda at: at.signed(TENANCY, header)


def doubled(at: OpenIdProvider) -> str:
    """Name the algorithm twice: who reads the first and who reads the last differ."""
    kid, _ = at.key()
    header = f'{{"alg":"none","alg":"RS256","kid":"{kid}"}}'.encode()
    return ".".join((encoded(header), *at.signed(TENANCY).split(".")[1:]))


def altered(at: OpenIdProvider) -> str:
    header, _, signature = at.token("tom", **TENANCY).split(".")
    return f"{header}.{encoded(claims_of(at))}.{signature}"


def elliptic(at: OpenIdProvider) -> str:
    return jwt.encode({"alg": "ES256", "kid": at.key()[0]}, claims_of(at), ECKey.generate_key("P-256"))


def edwards(at: OpenIdProvider) -> str:
    key, header = OKPKey.generate_key("Ed25519"), {"alg": "EdDSA", "kid": at.key()[0]}
    with pytest.warns(match="EdDSA"):
        return jwt.encode(header, claims_of(at), key, algorithms=["EdDSA"])


def other_hash(at: OpenIdProvider) -> str:
    kid, key = at.key()
    return jwt.encode({"alg": "PS256", "kid": kid}, claims_of(at), key, algorithms=["PS256"])


NOW = int(time.time())
FORGED: dict[str, Callable[[OpenIdProvider], str]] = {
    "no token": lambda at: "hello",
    "no signature": unsigned("none"),
    "no signature, shouted": unsigned("NONE"),
    "a shared secret: the public key as PEM": lambda at: hs256(
        at.key()[1].as_pem(private=False), claims_of(at), at.key()[0]
    ),
    "a shared secret: the public key as JSON": lambda at: hs256(
        json.dumps(at.key()[1].as_dict(private=False)).encode(), claims_of(at), at.key()[0]
    ),
    "somebody else's key": by_stranger(),
    "a key of its own": by_stranger(jwk=STRANGER.as_dict(private=False)),
    "an address of keys": by_stranger(jku="https://evil.example/jwks.json"),
    "an address of certificates": by_stranger(x5u="https://evil.example/cert.pem"),
    "certificates of its own": by_stranger(x5c=["MIIB"]),
    "changed claims": altered,
    "an elliptic signature": elliptic,
    "an Edwards signature": edwards,
    "PS256": other_hash,
    "an unknown key": headed(kid="rsa-9"),
    "a path for a key": headed(kid="../../../../dev/null"),
    "an address for a key": headed(kid="https://evil.example/key"),
    "a query for a key": headed(kid="x' UNION SELECT 'key"),
    "a long name for a key": headed(kid="x" * 600),
    "a critical extension": headed(crit=["kid"]),
    "two algorithms": doubled,
    "another issuer": saying(iss="https://evil.example"),
    "no issuer": saying(iss=None),
    "an issuer that looks alike": lambda at: at.signed(TENANCY | {"iss": at.url + "/"}),
    "another audience": saying(aud="somebody-else"),
    "no audience": saying(aud=None),
    "expired": saying(exp=NOW - 3600),
    "no end": saying(exp=None),
    "an end beyond numbers": saying(exp=10**400),
    "not yet valid": saying(nbf=NOW + 3600),
    "made in the future": saying(iat=NOW + 3600),
    "a refresh token": lambda at: at.tokens("tom")["refresh_token"],
    "an ID token": lambda at: at.tokens("tom")["id_token"],
    "a logout token": headed(typ="logout+jwt"),
    "a security event": headed(typ="secevent+jwt"),
    "an event in disguise": saying(events={"http://schemas.openid.net/event/backchannel-logout": {}}),
    "a huge one": saying(padding="x" * 20_000),
    "a deep one": lambda at: f"{encoded({'alg': 'RS256'})}.{encoded(b'[' * 10_000)}.AA",
    "nobody's": saying(tenant_id=None, partner_id=None),
    "a service without a name": saying(token_type="service"),
    "roles that are none": saying(roles="super_admin"),
    "groups that are none": saying(groups={"name": "finance"}),
}
CODES = {"expired": "token_expired", "nobody's": "token_incomplete"}


@pytest.mark.parametrize("name", FORGED)
async def test_no_forgery_gets_in_and_nothing_of_it_is_written_down(server: Server, name: str) -> None:
    forged = FORGED[name](server.provider)
    server.line.answers[USERINFO] = (404, b"{}")  # so that claims of the wrong type are the token's own
    answer = await server.me(forged)
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    told = answer.json()
    assert (told["code"], told["status"]) == (CODES.get(name, "token_invalid"), 401)
    assert told["detail"]
    assert set(server.line.asked) <= {JWKS, USERINFO}, "nothing else is fetched, whatever a header says"
    parts = [part for part in (forged, *forged.split(".")) if len(part) > 8]
    written = server.log.getvalue() + answer.text
    assert not [part for part in parts if part in written]
    assert "evil.example" not in written
    assert server.lines()[-1]["status"] == 401


async def test_a_sound_token_is_not_written_down_either(server: Server) -> None:
    token = server.provider.token("tom", **TENANCY)
    assert (await server.me(token)).status_code == 200
    assert not [part for part in token.split(".") if part in server.log.getvalue()]


async def test_two_tokens_are_none(server: Server) -> None:
    token = server.provider.token("tom", **TENANCY)
    answer = await server.client.get(ME, headers=[("Authorization", f"Bearer {token}")] * 2)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


async def test_a_token_in_the_address_is_none(server: Server) -> None:
    answer = await server.client.get(ME, params={"access_token": server.provider.token("tom", **TENANCY)})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")


async def test_a_partners_token_opens_nothing_of_another_partner(server: Server) -> None:
    async def send(token: str, method: str, path: str, **sent: Any) -> Response:
        headers = {"Authorization": f"Bearer {token}"}
        return await server.client.request(method, f"/api/v1{path}", headers=headers, **sent)

    boss = server.provider.token("olga")
    made = [(await send(boss, "POST", "/admin/partners", json={"name": name})).json() for name in ("One", "Two")]
    one, two = made[0]["id"], made[1]["id"]
    rita = server.provider.token("rita", partner_id=one)
    assert (await send(rita, "GET", f"/admin/partners/{one}")).status_code == 200
    foreign = await send(rita, "GET", f"/admin/partners/{two}")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "partner_not_found")
    listed = (await send(rita, "GET", "/admin/partners")).json()["items"]
    assert [each["id"] for each in listed] == [one]
    # Who administers a reseller is no super_admin, whatever the provider lets the reseller call them.
    server.provider.enrol("rita", roles=["partner_admin", "super_admin"])
    promoted = server.provider.token("rita", partner_id=one)
    assert (await server.me(promoted)).json()["scope"]["kind"] == "partner"
    assert (await send(promoted, "GET", f"/admin/partners/{two}")).status_code == 404


async def test_an_issuer_that_is_away_is_not_the_tokens_fault(server: Server) -> None:
    server.line.answers[JWKS] = (500, b"oops")
    answer = await server.me(server.provider.token("tom", **TENANCY))
    assert (answer.status_code, answer.json()["code"]) == (503, "issuer_unavailable")
    assert "www-authenticate" not in answer.headers
    assert int(answer.headers["retry-after"]) > 0


async def test_how_the_keys_stand_is_told(server: Server) -> None:
    async def state() -> tuple[str, str, str]:
        ready = (await server.client.get("/readyz")).json()
        (keys,) = [each["state"] for each in ready["checks"] if each["name"] == "keys"]
        return ready["status"], keys, (await server.client.get("/metrics")).text

    label = f'{{issuer="{server.provider.url}"}}'
    server.line.answers[JWKS] = (500, b"oops")
    await server.me(server.provider.token("tom", **TENANCY))
    status, keys, metrics = await state()
    assert (status, keys) == ("degraded", "0 serve, the issuer does not answer")
    assert f"scaicontrol_issuer_keys{label} 0.0" in metrics
    assert f"scaicontrol_issuer_keys_failing{label} 1.0" in metrics
    assert f"scaicontrol_issuer_keys_age_seconds{label} NaN" in metrics
