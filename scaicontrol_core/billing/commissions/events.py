"""Events of commission statements, for the audit log."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from scaicontrol_core.kernel.events import Event


@frozen(kw_only=True)
class CommissionsClosed(Event):
    """A month of a partner was closed in one currency. Amounts in minor units of ``currency``."""

    action: ClassVar[str] = "commission_statement.closed"
    resource_type: ClassVar[str] = "commission_statement"

    month: str
    currency: str
    entries: int
    net_cents: int
    commission_cents: int


@frozen(kw_only=True)
class CommissionsSettled(Event):
    """A statement's commission stands on a self-billing invoice."""

    action: ClassVar[str] = "commission_statement.settled"
    resource_type: ClassVar[str] = "commission_statement"

    invoice_id: str
