"""A commission statement: one partner, one month, one currency."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from attrs import define, field

from scaicontrol_core.billing.commissions.entry import CommissionEntry
from scaicontrol_core.billing.commissions.errors import CommissionSettled
from scaicontrol_core.billing.commissions.events import CommissionsClosed, CommissionsSettled
from scaicontrol_core.kernel.clock import rfc3339
from scaicontrol_core.kernel.events import Event, Recorder, to_json
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, StatementId
from scaicontrol_core.kernel.period import Cadence, period_at
from scaicontrol_core.tenancy.seller import BillingModel


@define(kw_only=True, eq=False)
class CommissionStatement(Recorder):
    """What a partner earned in a calendar month (``month`` is its first day), in one currency.

    ``closed_at`` is None while the month runs: such a statement is a look at what there is so far
    and is never kept. ``operator`` and ``partner`` are snapshots of both sides at the closing.
    ``settled_by`` names the self-billing invoice that it stands on, if it is settled by one.
    Amounts are minor units of ``currency`` and sum the entries exactly.
    """

    id: StatementId
    partner_id: PartnerId
    month: date
    currency: str
    billing_model: BillingModel
    operator: dict[str, Any]
    partner: dict[str, Any]
    net_cents: int = 0
    commission_cents: int = 0
    entry_count: int = 0
    closed_at: datetime | None = None
    settled_by: InvoiceId | None = None
    entries: tuple[CommissionEntry, ...] = ()
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @property
    def last_day(self) -> date:
        """The month's last day."""
        return period_at(self.month, Cadence.MONTHLY, 0).last_day

    @property
    def name(self) -> str:
        """The month, ``2026-10``."""
        return f"{self.month:%Y-%m}"

    def state(self, entries: Sequence[CommissionEntry]) -> None:
        """Take up the entries and sum them."""
        self.entries = tuple(entries)
        self.entry_count = len(self.entries)
        self.net_cents = sum(entry.net_cents for entry in self.entries)
        self.commission_cents = sum(entry.commission_cents for entry in self.entries)

    def close(self, at: datetime) -> None:
        """Close it: from now on it says what it says."""
        self.closed_at = at
        self._record(
            CommissionsClosed(
                **self._subject(),
                month=self.name,
                currency=self.currency,
                entries=self.entry_count,
                net_cents=self.net_cents,
                commission_cents=self.commission_cents,
            )
        )

    def settle(self, invoice_id: InvoiceId) -> None:
        """Note the self-billing invoice that it stands on; ``CommissionSettled`` if it has one."""
        if self.settled_by is not None:
            raise CommissionSettled(self.name, self.settled_by)
        self.settled_by = invoice_id
        changes = {"settled_by": (None, invoice_id)}
        self._record(CommissionsSettled(**self._subject(), changes=changes, invoice_id=invoice_id))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it, entries included."""
        return {
            "id": self.id if self.closed_at else None,
            "currency": self.currency,
            "billing_model": self.billing_model.value,
            "closed_at": rfc3339(self.closed_at) if self.closed_at else None,
            "settled_by": self.settled_by,
            "entry_count": self.entry_count,
            "net_cents": self.net_cents,
            "commission_cents": self.commission_cents,
            "entries": [to_json(entry) for entry in self.entries],
        }

    def _subject(self) -> dict[str, Any]:
        return {"resource_id": self.id, "partner_id": self.partner_id, "ordinal": self.version + 1}
