"""Audit: who changed what, when, from what to what. Written with the change, never edited."""

from scaicontrol_core.audit.entry import AuditEntry
from scaicontrol_core.audit.projection import audit_entry

__all__ = ["AuditEntry", "audit_entry"]
