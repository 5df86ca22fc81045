"""What befell something, at the command line: each group has a history, and the log has everything."""

from __future__ import annotations

import hashlib
import json
import sqlite3
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


def test_a_month_is_archived_and_proven(world: Any, home: Path) -> None:
    _age(home, days=40)
    (entry, *_) = world("admin", "audit-log", "list", "--json").json["items"]
    month = entry["occurred_at"][:7]
    made = world("admin", "audit-log", "export", "--month", month, "--to", "log.ndjson", "--json").json
    lines = (home / "log.ndjson").read_bytes()
    assert made["sha256"] == hashlib.sha256(lines).hexdigest()
    assert made["entries"] == lines.count(b"\n") > 5
    assert json.loads(lines.splitlines()[-1])["id"] == entry["id"]
    assert world("admin", "audit-log", "export", "--month", month, "--against", "log.ndjson", "--json").json["matches"]
    (home / "log.ndjson").write_bytes(lines.replace(b"plan.created", b"plan.deleted"))
    world("admin", "audit-log", "export", "--month", month, "--against", "log.ndjson", fails=1)
    again = world("admin", "audit-log", "export", "--month", month, "--to", "log.ndjson", fails=1)
    assert "file_exists" in again.complaint


def test_a_month_that_is_not_over_is_not_archived(world: Any) -> None:
    now = world("admin", "audit-log", "list", "--json").json["items"][0]["occurred_at"][:7]
    assert "audit_month_open" in world("admin", "audit-log", "export", "--month", now, fails=1).complaint
    assert "period_invalid" in world("admin", "audit-log", "export", "--month", "lately", fails=2).complaint
    assert world("admin", "audit-log", "export", "--month", "2020-01", "--json").json["entries"] == 0


def _age(home: Path, *, days: int) -> None:
    """Put the log back in time: past its triggers, as nobody can."""
    database = sqlite3.connect(home / "scaicontrol.db")
    (update,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'audit_log_no_update'").fetchone()
    database.execute("DROP TRIGGER audit_log_no_update")
    database.execute(
        "UPDATE audit_log SET occurred_at = strftime('%Y-%m-', date('now', ?)) || substr(occurred_at, 9)",
        (f"-{days} days",),
    )
    database.execute(update)
    database.commit()
    database.close()
