"""What befell something, at the command line: each group has a history, and the log has everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (("tenants", "history", "acme"), "tenant.created"),
        (("tenants", "history", "acme", "--billing-profile"), "tenant.billing_linked"),
        (("partners", "history", "operator"), "partner.created"),
        (("plans", "history", "keys.pro"), "plan.created"),
        (("plans", "history", "keys"), "service.created"),
    ],
)
def test_what_befell_something(world: Any, words: tuple[str, ...], first: str) -> None:
    entries = world("admin", *words, "--json").json["items"]
    assert entries[-1]["action"] == first
    assert first in world("admin", *words).stdout


def test_the_history_of_money_runs_packs_and_templates(world: Any, home: Path) -> None:
    (home / "pack.yaml").write_text(
        "packs: [{slug: office, name: Office, billing_period: monthly, currency: EUR, discount_type: percentage,"
        " discount_percentage: '10', items: [{plan: keys.pro}, {plan: mail.pro}]}]"
    )
    world("admin", "catalog", "import", "pack.yaml")
    assert world("admin", "packs", "history", "office", "--json").json["items"][0]["action"] == "pack.created"
    pack = world("admin", "packs", "subscribe", "acme", "office", "--json").json["id"]
    told = world("admin", "packs", "history", pack, "--json").json["items"]
    assert told[0]["resource_type"] == "pack_subscription"
    for group in ("payments", "templates", "billing"):
        assert "_not_found" in world("admin", group, "history", "nobodys", fails=1).complaint


def test_the_log_is_narrowed_by_whom_and_when(world: Any) -> None:
    everything = world("admin", "audit-log", "list", "--json").json
    plans = world("admin", "audit-log", "list", "--resource", "plan", "--actor-kind", "operator", "--json").json
    assert 0 < plans["total"] < everything["total"]
    assert world("admin", "audit-log", "list", "--actor-kind", "job", "--json").json["total"] == 0
    assert world("admin", "audit-log", "list", "--until", "2020-01-01", "--json").json["total"] == 0
    assert world("admin", "audit-log", "list", "--since", "2020-01-01T00:00:00+02:00", "--json").json["total"] > 0
    assert "instant_invalid" in world("admin", "audit-log", "list", "--since", "soon", fails=2).complaint
    assert "plan.created" in world("admin", "audit-log", "list", "--action", "plan.created").stdout
