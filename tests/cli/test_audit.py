"""``scaicontrol admin audit``: clean books end with 0, a contradiction ends with 1 and says where."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

World = Callable[..., Any]


def test_clean_books(world: World) -> None:
    draft = world("admin", "invoices", "create", "acme", "--line", "2 x 12500 Consulting", "--json").json["id"]
    world("admin", "invoices", "finalize", draft, "--yes")
    audited = world("admin", "audit", "--json").json
    assert audited["clean"] is True
    assert audited["audited_at"].endswith("Z")
    assert {rule["rule"]: rule["checked"] for rule in audited["rules"]}["documents_add_up"] == 1
    shown = world("admin", "audit")
    assert "numbers_without_gaps" in shown.stdout
    assert "Everything holds together." in shown.stderr


def test_whoever_writes_past_the_program_is_found(world: World, home: Path) -> None:
    draft = world("admin", "invoices", "create", "acme", "--line", "2 x 12500 Consulting", "--json").json["id"]
    number = world("admin", "invoices", "finalize", draft, "--yes", "--json").json["number"]
    (database,) = home.rglob("*.db")
    with sqlite3.connect(database) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        swapped = ('"net_cents":25000', '"net_cents":24999')
        connection.execute("UPDATE invoices SET frozen_document = replace(frozen_document, ?, ?)", swapped)
    connection.close()
    audited = world("admin", "audit", fails=1)
    assert f"documents_add_up: invoice {draft}: {number}: " in audited.stderr
    assert "chain hash does not match" in audited.stderr
