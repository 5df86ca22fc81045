"""Tokens of the development issuer, for whoever tries the API."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

World = Callable[..., Any]


def claims(token: str) -> dict[str, Any]:
    """Read a token's claims, unverified."""
    body = token.strip().split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return read


def test_the_operators_token_names_no_owner(scaicontrol: World) -> None:
    read = claims(scaicontrol("dev-token", "--role", "super_admin").stdout)
    assert read["roles"] == ["super_admin"]
    assert "tenant_id" not in read
    assert "partner_id" not in read
    assert read["exp"] - read["iat"] == 24 * 3600


def test_a_customers_token_names_tenant_and_partner(world: World) -> None:
    tenant = world("admin", "tenants", "show", "acme", "--json").json
    answer = world("dev-token", "--role", "tenant_admin", "--tenant", "acme", "--hours", "1", "--json").json
    read = claims(answer["access_token"])
    assert (read["tenant_id"], read["partner_id"]) == (tenant["id"], tenant["partner_id"])
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)


def test_a_partners_token_is_the_operators_unless_another_is_named(world: World) -> None:
    operator = world("admin", "partners", "show", "operator", "--json").json["id"]
    assert claims(world("dev-token", "--role", "partner_admin").stdout)["partner_id"] == operator
    named = world("dev-token", "--role", "partner_admin", "--partner", operator).stdout
    assert claims(named)["partner_id"] == operator


def test_a_customers_token_needs_a_customer(world: World) -> None:
    assert "[required] At /tenant" in world("dev-token", "--role", "tenant_admin", fails=2).complaint
    ghost = world("dev-token", "--role", "tenant_admin", "--tenant", "ghost", fails=1)
    assert "[tenant_not_found]" in ghost.complaint


def test_there_are_none_where_the_issuer_is_off(scaicontrol: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAICONTROL_SCAIKEY_URL", "https://login.example")
    assert "[dev_issuer_off]" in scaicontrol("dev-token", "--role", "super_admin", fails=1).complaint
