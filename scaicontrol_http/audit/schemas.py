"""The audit log's answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from scaicontrol_core.audit.entry import AuditEntry
from scaicontrol_http.requests import Answer


class AuditEntryAnswer(Answer):
    """One mutation: who, what, when, and what it changed."""

    id: str
    occurred_at: datetime
    resource_type: str
    resource_id: str
    action: str
    user_id: str
    actor_kind: str
    request_id: str | None
    details: dict[str, Any]

    @classmethod
    def of(cls, entry: AuditEntry) -> AuditEntryAnswer:
        """Show an entry."""
        return cls(
            id=entry.id,
            occurred_at=entry.occurred_at,
            resource_type=entry.resource_type,
            resource_id=entry.resource_id,
            action=entry.action,
            user_id=entry.user_id,
            actor_kind=entry.actor_kind,
            request_id=entry.request_id,
            details=entry.details,
        )
