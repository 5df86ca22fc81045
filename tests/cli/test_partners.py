"""Sellers at the command line: the operator and its resellers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

World = Callable[..., Any]
Rows = Callable[[], Mapping[str, int]]


def test_the_operator_is_set_up_once(world: World) -> None:
    operator = world("admin", "partners", "show", "operator", "--json").json
    assert (operator["name"], operator["is_operator"], operator["is_billable"]) == ("House", True, True)
    again = world("admin", "partners", "create", "Impostor", "--operator", "--json").json
    assert again == operator


def test_before_there_is_one_that_is_said(scaicontrol: World) -> None:
    assert "[operator_missing]" in scaicontrol("admin", "partners", "show", "operator", fails=1).complaint
    assert "[operator_missing]" in scaicontrol("admin", "tenants", "create", "Early", fails=1).complaint


def test_a_reseller_is_taken_on_and_configured(world: World) -> None:
    options = ["--set", "billing_model=wholesale", "--set", "commission_rate=1250", "--set", "auto_finalize=no"]
    options += ["--set", 'allowed_services=["keys"]', "--set", "invoice_number_prefix=RES"]
    created = world("admin", "partners", "create", "Reseller", *options, "--json").json
    assert created["configuration"]["billing_model"] == "wholesale"
    assert created["configuration"]["commission_rate"] == 1250
    assert created["configuration"]["auto_finalize"] is False
    assert created["configuration"]["allowed_services"] == ["keys"]
    changed = world(
        "admin", "partners", "configure", created["id"], "--name", "Better", "--set", "legal_name=Better B.V.", "--json"
    ).json
    assert (changed["name"], changed["configuration"]["legal_name"]) == ("Better", "Better B.V.")
    assert changed["configuration"]["billing_model"] == "wholesale"
    listed = world("admin", "partners", "list", "--search", "bett", "--json").json
    assert [item["id"] for item in listed["items"]] == [created["id"]]


def test_the_table_shows_what_is_set_and_no_secrets(world: World) -> None:
    secret = '{"api_key": "topsecret"}'
    shown = world("admin", "partners", "configure", "operator", "--set", f"provider_config={secret}").stdout
    assert "House B.V." in shown
    assert "topsecret" not in shown
    assert "topsecret" not in world("admin", "partners", "show", "operator", "--json").stdout


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("iban=NL00ABNA0417164300", "/iban"),
        ("seller_vat_number=NL123", "vat_number"),
        ("billing_model=barter", "/billing_model"),
        ("payment_terms_days=soon", "/payment_terms_days"),
        ("payment_terms_days=9999", "/payment_terms_days"),
        ("billing_timezone=Mars/Olympus", "/billing_timezone"),
        ("branding=blue", "/branding"),
        ("shoe_size=42", "/shoe_size"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_written(world: World, rows: Rows, option: str, says: str) -> None:
    before = rows()
    assert says in world("admin", "partners", "configure", "operator", "--set", option, fails=2).complaint
    assert rows() == before


def test_a_prefix_belongs_to_one_seller(world: World, rows: Rows) -> None:
    before = rows()
    outcome = world("admin", "partners", "create", "Copy", "--set", "invoice_number_prefix=HSE", fails=1)
    assert "[invoice_number_prefix_taken]" in outcome.complaint
    assert rows() == before


def test_a_stranger_and_a_stale_version_are_told(world: World) -> None:
    assert "[partner_not_found]" in world("admin", "partners", "show", "prt_nobody", fails=1).complaint
    stale = world("admin", "partners", "configure", "operator", "--set", "iban=", "--expected-version", "7", fails=1)
    assert "[stale_version]" in stale.complaint


def test_a_file_that_is_no_object_is_refused(world: World, home: Path) -> None:
    (home / "list.yaml").write_text("- one\n- two\n")
    outcome = world("admin", "partners", "configure", "operator", "--file", "list.yaml", fails=2)
    assert "[file_syntax]" in outcome.complaint
