"""Event → audit entry: one place decides what the log says and what it must not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaicontrol_core.audit.entry import AuditEntry
from scaicontrol_core.kernel.ids import AuditEntryId
from scaicontrol_core.kernel.redaction import REDACTED, redact

if TYPE_CHECKING:
    from datetime import datetime

    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.kernel.events import Event


__all__ = ["REDACTED", "audit_entry", "redact"]


def audit_entry(entry_id: str, event: Event, actor: Actor, now: datetime) -> AuditEntry:
    """Return the log's row for an event: its changes where it has any, else its own fields."""
    changes = {name: {"before": before, "after": after} for name, (before, after) in event.changes.items()}
    details: dict[str, Any] = {"changes": changes} if changes else {}
    payload = event.payload()
    if payload:
        details["event"] = payload
    return AuditEntry(
        id=AuditEntryId(entry_id),
        occurred_at=now,
        resource_type=event.resource_type,
        resource_id=event.resource_id,
        action=event.action,
        user_id=actor.subject,
        actor_kind=actor.kind.value,
        partner_id=event.partner_id,
        tenant_id=event.tenant_id,
        request_id=event.request_id or actor.request_id,
        details=redact(details),
    )
