"""Knocking at the door: with no token, with a false one, with a good one; and where tokens come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from attrs import evolve
from httpx import ASGITransport, AsyncClient

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Environment, Settings
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_http.app import create_app

ME = "/api/v1/auth/me"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Token x"])
async def test_without_a_token_nobody_gets_in(client: AsyncClient, header: str | None) -> None:
    answer = await client.get(ME, headers={} if header is None else {"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_missing"
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("forged", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "é"])
async def test_a_false_token_says_so(client: AsyncClient, forged: str) -> None:
    answer = await client.get(ME, headers=[(b"Authorization", f"Bearer {forged}".encode())])
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_invalid"
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_a_false_token_is_refused_before_the_body_is_read(client: AsyncClient) -> None:
    answer = await client.post("/api/v1/admin/partners", content="{bad" * 2_000_000)
    assert answer.status_code == 401


async def test_who_am_i(client: AsyncClient, headers: Any) -> None:
    admin = (await client.get(ME, headers=headers())).json()
    assert admin["scope"] == {"kind": "platform", "partner_id": None, "tenant_id": None, "app_id": None}
    assert admin["roles"] == ["super_admin"]
    mine = (await client.get(ME, headers=headers("tenant_admin", tenant_id="tnt_1", partner_id="prt_1"))).json()
    assert mine["scope"] == {"kind": "tenant", "partner_id": "prt_1", "tenant_id": "tnt_1", "app_id": None}
    assert mine["permissions"] == ["billing:manage", "billing:read", "services:read", "subscriptions:read"]
    assert "admin:partners" in (await client.get(ME, headers=headers("partner_admin", partner_id="p"))).text


async def test_a_right_one_lacks_is_403(client: AsyncClient, headers: Any) -> None:
    answer = await client.get("/api/v1/admin/partners", headers=headers("tenant_admin", tenant_id="tnt_1"))
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"


async def test_the_catalogue_is_open_even_to_a_false_token(client: AsyncClient) -> None:
    assert (await client.get("/api/v1/catalog/services")).status_code == 200
    stale = {"Authorization": "Bearer long.expired.token"}
    assert (await client.get("/api/v1/catalog/services", headers=stale)).status_code == 200


async def test_where_tokens_come_from(client: AsyncClient) -> None:
    config = (await client.get("/api/v1/auth/config")).json()
    assert config["dev_issuer"]
    assert config["token_endpoint"] == config["issuer"] + "/oauth/token"
    path = config["issuer"].removeprefix("http://localhost:8000")
    found = (await client.get(f"{path}/.well-known/openid-configuration")).json()
    assert found["issuer"] == config["issuer"]
    keys = (await client.get(found["jwks_uri"].removeprefix("http://localhost:8000"))).json()["keys"]
    assert [each["kty"] for each in keys] == ["RSA"]
    assert not {"d", "p", "q"} & keys[0].keys()


async def test_a_token_for_the_asking(client: AsyncClient) -> None:
    asked = {"grant_type": "client_credentials", "role": "tenant_admin", "tenant_id": "tnt_1", "ttl": "60"}
    answer = await client.post("/api/v1/dev/oauth/token", data=asked)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 60)
    assert answer.headers["cache-control"] == "no-store"
    mine = await client.get(ME, headers={"Authorization": f"Bearer {body['access_token']}"})
    assert mine.json()["scope"]["tenant_id"] == "tnt_1"


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"role": "emperor"}, "/role"),
        ({"role": "tenant_admin"}, "/tenant_id"),
        ({"ttl": "0"}, "/ttl"),
        ({"ttl": "99999999"}, "/ttl"),
        ({"grant_type": "password"}, "/grant_type"),
    ],
)
async def test_a_token_that_makes_no_sense(client: AsyncClient, asked: dict[str, str], pointer: str) -> None:
    answer = await client.post("/api/v1/dev/oauth/token", data=asked)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_with_another_issuer_nobody_gets_tokens_here(settings: Settings) -> None:
    elsewhere = evolve(settings, dev_issuer=False, scaikey_url="https://key.example", jwks_url="https://key.example/k")
    async with Container.from_settings(elsewhere) as container:
        transport = ASGITransport(cast("Any", create_app(container)))
        async with AsyncClient(transport=transport, base_url="http://server") as client:
            assert (await client.post("/api/v1/dev/oauth/token", data={"role": "super_admin"})).status_code == 404
            assert (await client.get("/api/v1/dev/.well-known/jwks.json")).status_code == 404
            config = (await client.get("/api/v1/auth/config")).json()
            assert config["jwks_uri"] == "https://key.example/k"
            assert config["token_endpoint"] is None


async def test_production_neither_starts_with_the_development_issuer_nor_serves_it(tmp_path: Path) -> None:
    wanted = {
        "SCAICONTROL_ENV": "production",
        "SCAICONTROL_SCAIKEY_URL": "https://key.example",
        "SCAICONTROL_DEV_ISSUER": "yes",
    }
    with pytest.raises(Invalid):
        Settings.from_environment(wanted)
    forced = Settings(
        env=Environment.PRODUCTION, dev_issuer=True, data_dir=tmp_path, background_jobs="", scaikey_url="https://k.x"
    )
    transport = ASGITransport(cast("Any", create_app(Container.in_memory(forced))))
    async with AsyncClient(transport=transport, base_url="http://server") as client:
        assert (await client.post("/api/v1/dev/oauth/token", data={"role": "super_admin"})).status_code == 404
    assert list(tmp_path.iterdir()) == []


async def test_a_super_admin_of_a_reseller_reaches_only_the_reseller(
    client: AsyncClient, admin: dict[str, str], settings: Settings
) -> None:
    from joserfc import jwt  # noqa: PLC0415

    from scaicontrol_adapters.scaikey.development import DevelopmentIssuer  # noqa: PLC0415

    made = (await client.post("/api/v1/admin/partners", json={"name": "Reseller"}, headers=admin)).json()
    issuer = DevelopmentIssuer.from_settings(settings)
    claims = {"iss": issuer.issuer, "sub": "usr_1", "exp": 4_000_000_000, "partner_id": made["id"]}
    claims["roles"] = ["super_admin", "partner_admin"]
    token = jwt.encode({"alg": "RS256"}, claims, issuer.key)
    scope = (await client.get(ME, headers={"Authorization": f"Bearer {token}"})).json()["scope"]
    assert scope["kind"] == "partner"
