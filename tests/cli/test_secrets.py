"""``scaicontrol admin secrets``: values go in by standard input, and never come out."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

Program = Callable[..., Any]
PATH, VALUE = "mail/smtp-password", "planted-hush-42"


def test_a_secret_is_set_looked_at_and_deleted(scaicontrol: Program, home: Path) -> None:
    said = [scaicontrol("admin", "secrets", "set", PATH, "--json", typed=VALUE + "\n")]
    assert said[0].json == {"path": PATH, "version": 1}
    said.append(scaicontrol("admin", "secrets", "set", PATH, "--expected-version", "1", typed=VALUE + "b"))
    said.append(scaicontrol("admin", "secrets", "list"))
    said.append(scaicontrol("admin", "secrets", "list", "mail", "--json"))
    assert said[-1].json == {"items": [{"path": PATH}], "total": 1}
    said.append(scaicontrol("admin", "secrets", "show-version", PATH, "--json"))
    assert said[-1].json == {"path": PATH, "version": 2}
    said.append(scaicontrol("admin", "secrets", "show-version", PATH))
    said.append(scaicontrol("admin", "secrets", "delete", PATH, fails=2))
    said.append(scaicontrol("admin", "secrets", "delete", PATH, "--yes"))
    said.append(scaicontrol("admin", "secrets", "show-version", PATH, "--json", fails=1))
    assert json.loads(said[-1].stderr)["code"] == "secret_not_found"
    assert VALUE not in repr(said)
    for name in ("secrets.json", "secrets.key"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    assert VALUE not in "".join(path.read_text(errors="replace") for path in home.rglob("*") if path.is_file())


def test_every_change_is_in_the_audit_log_without_its_value(scaicontrol: Program) -> None:
    scaicontrol("admin", "secrets", "set", PATH, typed=VALUE)
    scaicontrol("admin", "secrets", "delete", PATH, "--yes")
    told = scaicontrol("admin", "audit-log", "list", "--json").stdout
    assert [action in told for action in ("secret.change_begun", "secret.set", "secret.deleted")] == [True] * 3
    assert VALUE not in told


def test_what_goes_wrong_names_no_value(scaicontrol: Program, home: Path, monkeypatch: Any) -> None:
    scaicontrol("admin", "secrets", "set", PATH, typed=VALUE)
    said = [
        scaicontrol("admin", "secrets", "set", PATH, "--expected-version", "7", typed=VALUE, fails=1),
        scaicontrol("admin", "secrets", "set", "../x", typed=VALUE, fails=2),
        scaicontrol("admin", "secrets", "set", PATH, typed="", fails=2),
        scaicontrol("admin", "secrets", "set", PATH, VALUE, fails=2),
    ]
    assert "secret_stale" in said[0].complaint
    assert "secret_value_invalid" in said[2].complaint
    assert all(VALUE not in repr(each) for each in said[:3])
    monkeypatch.setenv("SCAI_SECRET__MAIL__SMTP_PASSWORD", VALUE)
    refused = scaicontrol("admin", "secrets", "set", PATH, typed=VALUE, fails=1)
    assert "SCAI_SECRET__MAIL__SMTP_PASSWORD" in refused.complaint
    monkeypatch.delenv("SCAI_SECRET__MAIL__SMTP_PASSWORD")
    file = home / "secrets.json"
    file.write_text(file.read_text().replace('"secrets": {', '"secrets": {"other": [1, {}],', 1))
    assert "secrets_damaged" in scaicontrol("admin", "secrets", "show-version", PATH, fails=1).complaint
    (home / "secrets.key").unlink()
    assert "secrets_damaged" in scaicontrol("admin", "secrets", "show-version", PATH, fails=1).complaint


def test_the_database_may_be_named_by_a_secret(
    scaicontrol: Program, monkeypatch: Any, migrated_sqlite_url: str
) -> None:
    scaicontrol("admin", "secrets", "set", "database", typed=migrated_sqlite_url)
    monkeypatch.delenv("SCAICONTROL_DATABASE_URL")
    monkeypatch.setenv("SCAICONTROL_DATABASE_URL_VAULT_PATH", "database")
    assert scaicontrol("migrate", "--json").json["applied"] == []
    assert scaicontrol("admin", "tenants", "list", "--json").json["items"] == []
    monkeypatch.setenv("SCAICONTROL_DATABASE_URL_VAULT_PATH", "elsewhere")
    assert "SCAICONTROL_DATABASE_URL_VAULT_PATH" in scaicontrol("admin", "tenants", "list", fails=1).complaint
    monkeypatch.setenv("SCAICONTROL_DATABASE_URL", migrated_sqlite_url)
    assert "exclude each other" in scaicontrol("admin", "tenants", "list", fails=2).complaint


def test_secrets_stay_on_their_machine(scaicontrol: Program) -> None:
    there = ("admin", "--url", "https://elsewhere.example", "--token", "t")
    assert "local_only" in scaicontrol(*there, "secrets", "list", fails=1).complaint
