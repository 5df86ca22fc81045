"""Entries of the audit log, as several commands show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_cli.output import Column, Json, columns, print_page

if TYPE_CHECKING:
    from scaicontrol_core.audit.entry import AuditEntry
    from scaicontrol_core.kernel.paging import Page

_FIELDS = (
    "id", "occurred_at", "resource_type", "resource_id", "action", "user_id", "actor_kind", "request_id", "details",
)  # fmt: skip
_CHANGES = Column("changes", lambda row: ", ".join(_changed(row)))
_SHOWN = columns("occurred_at", "action", "user_id", _CHANGES)
_LOG = columns("occurred_at", "action", "resource_id", "user_id", _CHANGES)


def entry_json(entry: AuditEntry) -> Json:
    """Return an entry as JSON."""
    from scaicontrol_core.kernel.events import to_json

    return {name: to_json(getattr(entry, name)) for name in _FIELDS}


def print_history(found: Page[AuditEntry], *, as_json: bool) -> None:
    """Print a page of entries."""
    print_page(found, entry_json, _SHOWN, as_json=as_json)


def print_log(found: Page[AuditEntry], *, as_json: bool) -> None:
    """Print a page of entries about different things."""
    print_page(found, entry_json, _LOG, as_json=as_json)


def _changed(row: Json) -> list[str]:
    changes: Json = row["details"].get("changes", {})
    return list(changes)
