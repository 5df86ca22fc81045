"""The ledger of billed periods: append-only, and the reason nothing is ever billed twice."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from attrs import frozen

from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, RunId, SubscriptionId, TenantId


class ChargeKind(StrEnum):
    """What was charged for a period; part of the ledger's natural key."""

    RECURRING = "recurring"
    ADJUSTMENT = "adjustment"
    """Part of a period, charged or credited after a change; its ordinal counts adjustments."""
    PACK = "pack"
    """A period of a pack: ``subscription_id`` is the pack subscription's."""
    USAGE = "usage"
    """The usage of a period, charged once it is over."""


@frozen(kw_only=True)
class BilledPeriod:
    """One period of one subscription, charged once.

    The natural key is (``subscription_id``, ``ordinal``, ``charge_kind``): no timestamp, no
    recomputed history. ``invoice_id`` is None where the charge came to nothing.
    """

    subscription_id: SubscriptionId
    ordinal: int
    charge_kind: ChargeKind
    partner_id: PartnerId
    tenant_id: TenantId
    period_start: date
    period_end: date
    net_cents: int
    currency: str
    invoice_id: InvoiceId | None
    run_id: RunId
    billed_at: datetime
