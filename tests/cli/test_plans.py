"""Plans and packs at the command line: listed, taken off the shelf, deleted if nobody ever was on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

World = Callable[..., Any]
Rows = Callable[[], Mapping[str, int]]
PACKS = """
services: []
packs:
- {slug: both, name: Both, billing_period: monthly, currency: EUR, discount_type: percentage,
   discount_percentage: "10", items: [keys.pro, mail.pro]}
- {slug: old, name: Old, billing_period: monthly, currency: EUR, base_price_cents: 6000, is_active: false,
   is_public: false, items: [keys.pro, mail.pro]}
"""


def keys_of(listed: Any) -> set[str]:
    """Return the keys of the plans listed."""
    return {item["plan_key"] for item in listed.json["items"]}


def test_what_is_on_offer_is_listed_by_service(world: World) -> None:
    assert keys_of(world("admin", "plans", "list", "--json")) == {"keys.basic", "keys.pro", "keys.taste", "mail.pro"}
    assert keys_of(world("admin", "plans", "list", "--service", "mail", "--json")) == {"mail.pro"}
    shown = world("admin", "plans", "list", "--service", "mail")
    assert shown.stdout.splitlines()[1].split()[:6] == ["mail.pro", "Pro", "pro", "monthly", "25.00", "EUR"]
    assert "[service_not_found]" in world("admin", "plans", "list", "--service", "fax", fails=1).complaint
    first = world("admin", "plans", "list", "--limit", "3", "--json").json
    rest = world("admin", "plans", "list", "--limit", "3", "--cursor", first["next_cursor"], "--json").json
    assert len(first["items"]) + len(rest["items"]) == first["total"] == 4


def test_a_plan_off_the_shelf_is_chosen_by_nobody_new_and_runs_on(world: World, rows: Rows) -> None:
    sold = world("admin", "subscriptions", "create", "acme", "keys.pro", "--json").json
    off = world("admin", "plans", "deactivate", "keys.pro", "--yes", "--json").json
    assert (off["plan_key"], off["is_active"], off["is_public"]) == ("keys.pro", False, False)
    assert "keys.pro" not in keys_of(world("admin", "plans", "list", "--json"))
    assert "keys.pro" in keys_of(world("admin", "plans", "list", "--all", "--json"))
    assert world("admin", "subscriptions", "show", sold["id"], "--json").json["status"] == "active"
    refused = world("admin", "subscriptions", "create", "jones", "keys.pro", fails=2)
    assert "[plan_unavailable]" in refused.complaint
    before = rows()
    assert world("admin", "plans", "deactivate", "keys.pro", "--yes", "--json").json == off
    assert "keys.pro" in world("admin", "plans", "deactivate", "keys.pro", "--yes").stdout
    assert rows() == before


def test_a_plan_nobody_ever_was_on_can_be_deleted(world: World) -> None:
    assert world("admin", "plans", "delete", "keys.basic", "--yes", "--json").json == {
        "plan_key": "keys.basic",
        "deleted": True,
    }
    assert "keys.basic" not in keys_of(world("admin", "plans", "list", "--all", "--json"))
    assert "keys.taste is deleted" in world("admin", "plans", "delete", "keys.taste", "--yes").stderr
    assert "[plan_not_found]" in world("admin", "plans", "delete", "keys.basic", "--yes", fails=1).complaint


def test_a_plan_somebody_was_on_stays(world: World, rows: Rows) -> None:
    sold = world("admin", "subscriptions", "create", "acme", "keys.pro", "--json").json["id"]
    world("admin", "subscriptions", "cancel", sold, "--immediate", "--yes")
    before = rows()
    complaint = world("admin", "plans", "delete", "keys.pro", "--yes", fails=1).complaint
    assert "[plan_in_use]" in complaint
    assert "Deactivate it" in complaint
    assert rows() == before


@pytest.mark.parametrize("verb", ["deactivate", "delete"])
def test_both_are_confirmed_first_and_want_a_plan_that_is_there(world: World, rows: Rows, verb: str) -> None:
    before = rows()
    assert "[confirmation_required]" in world("admin", "plans", verb, "keys.pro", fails=2).complaint
    assert "[plan_not_found]" in world("admin", "plans", verb, "keys.nothing", "--yes", fails=1).complaint
    assert rows() == before


def test_packs_are_listed_at_todays_prices(world: World, home: Path) -> None:
    assert world("admin", "packs", "list", "--json").json == {"items": [], "total": 0, "next_cursor": None}
    (home / "packs.yaml").write_text(PACKS)
    world("admin", "catalog", "import", "packs.yaml")
    (pack,) = world("admin", "packs", "list", "--json").json["items"]
    assert (pack["slug"], pack["price_cents"], pack["discount_percentage"]) == ("both", 6750, "10")
    assert [item["plan_key"] for item in pack["items"]] == ["keys.pro", "mail.pro"]
    every = world("admin", "packs", "list", "--all", "--json").json["items"]
    assert {item["slug"]: item["is_active"] for item in every} == {"both": True, "old": False}
    assert "67.50 EUR" in world("admin", "packs", "list").stdout


def test_a_pack_is_edited_as_one(world: World, rows: Rows, home: Path) -> None:
    pack = {"slug": "duo", "name": "Duo", "billing_period": "monthly", "currency": "EUR", "base_price_cents": 6000}
    (home / "duo.json").write_text(json.dumps(pack | {"items": ["keys.pro", "mail.pro"]}))
    made = world("admin", "packs", "save", "duo.json", "--json").json
    sold = world("admin", "packs", "subscribe", "acme", "duo", "--json").json
    (home / "duo.json").write_text(json.dumps(pack | {"items": ["keys.basic"], "base_price_cents": 900}))
    stale = world("admin", "packs", "save", "duo.json", "--expected-version", "7", fails=1)
    assert "[stale_version]" in stale.complaint
    edited = world("admin", "packs", "save", "duo.json", "--expected-version", str(made["version"]), "--json").json
    assert [item["plan_key"] for item in edited["items"]] == ["keys.basic"]
    for name in ("duo", made["id"]):
        assert world("admin", "packs", "describe", name, "--json").json == edited
    kept = world("admin", "packs", "show", sold["id"], "--json").json
    assert [each["plan_key"] for each in kept["pack_includes"]] == ["keys.pro", "mail.pro"]
    assert "[confirmation_required]" in world("admin", "packs", "deactivate", "duo", fails=2).complaint
    off = world("admin", "packs", "deactivate", "duo", "--yes", "--json").json
    assert (off["is_active"], off["is_public"]) == (False, False)
    before = rows()
    assert world("admin", "packs", "deactivate", made["id"], "--yes", "--json").json == off
    assert "[pack_unavailable]" in world("admin", "packs", "subscribe", "jones", "duo", fails=2).complaint
    (home / "duo.json").write_text(json.dumps(pack | {"items": ["keys.none"]}))
    assert "[plan_unknown]" in world("admin", "packs", "save", "duo.json", fails=2).complaint
    assert rows() == before


def test_the_life_of_a_pack_at_the_command_line(world: World, home: Path) -> None:
    (home / "packs.yaml").write_text(PACKS)
    world("admin", "catalog", "import", "packs.yaml")
    sold = world("admin", "packs", "subscribe", "acme", "both", "--json").json
    assert (sold["status"], sold["price_cents"], len(sold["pack_includes"])) == ("active", 6750, 2)
    assert "[pack_overlaps]" in world("admin", "packs", "subscribe", "acme", "both", fails=1).complaint
    assert "[pack_not_found]" in world("admin", "packs", "subscribe", "acme", "none", fails=1).complaint
    listed = world("admin", "packs", "subscriptions", "--tenant", "acme", "--status", "active", "--json").json
    assert [each["id"] for each in listed["items"]] == [sold["id"]]
    assert "67.50 EUR" in world("admin", "packs", "subscriptions").stdout
    child = sold["pack_includes"][0]["subscription_id"]
    complaint = world("admin", "subscriptions", "cancel", child, "--yes", fails=1).complaint
    assert "[child_of_pack]" in complaint

    def moved(verb: str, *options: str) -> str:
        done = world("admin", "packs", verb, sold["id"], *options, "--json").json
        assert world("admin", "subscriptions", "show", child, "--json").json["status"] == done["status"]
        return str(done["status"])

    assert moved("suspend", "--reason", "Unpaid.", "--yes") == "suspended"
    assert moved("resume") == "active"
    assert moved("cancel", "--yes") == "cancelling"
    assert moved("resume") == "active"
    refused = world("admin", "packs", "extend-trial", sold["id"], "2030-01-01", fails=1)
    assert "[not_in_trial]" in refused.complaint
    assert "[confirmation_required]" in world("admin", "packs", "cancel", sold["id"], fails=2).complaint
    assert moved("cancel", "--immediate", "--yes") == "cancelled"
    assert "[invalid_transition]" in world("admin", "packs", "resume", sold["id"], fails=1).complaint


METERED = """
services:
- slug: chat
  app_id: chat
  name: Chat
  metrics: [{slug: tokens}]
  plans:
  - {slug: metered, name: Metered, tier: pro, billing_period: monthly, base_price_cents: 1000, currency: EUR,
     cost_margins: {tokens: "0.25"}}
"""
COSTS = """
unit_costs:
- {service: chat, metric: tokens, cost_cents: 400, unit_divisor: 1000000, currency: EUR}
- {service: chat, metric: tokens, cost_cents: 200, unit_divisor: 1000000, currency: EUR,
   valid_from: 2100-01-01T00:00:00Z}
"""


def test_cost_based_plans_follow_what_units_cost(world: World, rows: Rows, home: Path) -> None:
    (home / "chat.yaml").write_text(METERED)
    (home / "costs.yaml").write_text(COSTS)
    world("admin", "catalog", "import", "chat.yaml")
    assert "cost_margins" in world("admin", "catalog", "export").stdout
    refused = world("admin", "subscriptions", "create", "acme", "chat.metered", fails=2)
    assert "[plan_without_rate]" in refused.complaint
    before = rows()
    preview = world("admin", "plans", "refresh-costs", "costs.yaml", "--dry-run")
    assert rows() == before
    assert "0.0005" in preview.stdout
    assert "2 costs are new" in preview.stderr
    assert "dry run" in preview.stderr
    world("admin", "plans", "refresh-costs", "costs.yaml")
    sold = world("admin", "subscriptions", "create", "acme", "chat.metered", "--json").json
    assert sold["billable_rate"] == {"tokens": "0.0005"}
    one = ("--service", "chat", "--metric", "tokens", "--cost-cents", "0.0008", "--currency", "EUR")
    done = world("admin", "plans", "refresh-costs", *one, "--json").json
    assert done["subscriptions"] == [
        {
            "subscription_id": sold["id"],
            "tenant_id": sold["tenant_id"],
            "plan_key": "chat.metered",
            "metric": "tokens",
            "before": "0.0005",
            "after": "0.001",
        }
    ]
    assert sold["id"] not in world("admin", "plans", "refresh-costs").stdout
    listed = world("admin", "plans", "list", "--service", "chat", "--json").json["items"]
    assert [(each["cost_margins"], each["billable_rate"]) for each in listed] == [
        ({"tokens": "0.25"}, {"tokens": "0.001"})
    ]


def test_one_cost_is_told_whole_and_not_beside_a_file(world: World, home: Path) -> None:
    (home / "costs.yaml").write_text(COSTS)
    both = world("admin", "plans", "refresh-costs", "costs.yaml", "--service", "chat", fails=2)
    assert "not both" in both.complaint
    half = world("admin", "plans", "refresh-costs", "--service", "chat", fails=2)
    assert "--metric, --cost-cents, --currency" in half.complaint
    unknown = world("admin", "plans", "refresh-costs", "costs.yaml", fails=2)
    assert "[service_unknown]" in unknown.complaint
