"""Event → audit entry: one place decides what the log says and what it must not say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scaicontrol_core.audit.entry import AuditEntry
from scaicontrol_core.kernel.ids import AuditEntryId

if TYPE_CHECKING:
    from datetime import datetime

    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.kernel.events import Event

#: Tokens, many, are what language models are metered by; a secret is one.
_SECRET = re.compile(r"(secret|password|token(?!s)|api_key|private_key|authorization)", re.IGNORECASE)
REDACTED = "[redacted]"


def redact(value: Any) -> Any:  # JSON in, JSON out
    """Replace the values of keys that name a secret, at any depth."""
    if isinstance(value, dict):
        return {key: REDACTED if _SECRET.search(str(key)) else redact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return value


def audit_entry(entry_id: str, event: Event, actor: Actor, now: datetime) -> AuditEntry:
    """Return the log's row for an event: its changes where it has any, else its own fields."""
    changes = {name: {"before": before, "after": after} for name, (before, after) in event.changes.items()}
    details = {"changes": changes} if changes else {}
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
