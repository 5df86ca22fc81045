"""The audit log's row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import frozen

from scaicontrol_core.kernel.ids import AuditEntryId


@frozen
class AuditEntry:
    """One mutation. ``user_id`` is the actor's subject, ``details`` holds before and after."""

    id: AuditEntryId
    occurred_at: datetime
    resource_type: str
    resource_id: str
    action: str
    user_id: str
    actor_kind: str
    partner_id: str | None
    tenant_id: str | None
    request_id: str | None
    details: dict[str, Any]
