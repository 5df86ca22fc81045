"""What an audit reads beyond the features' own collections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from scaicontrol_core.billing.ports import BillingWork

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaicontrol_core.billing.ledger import BilledPeriod
    from scaicontrol_core.integrity.charges import ChargeKey, LedgerEntry, LedgerKey
    from scaicontrol_core.integrity.crediting import CreditedInvoice
    from scaicontrol_core.integrity.documents import StoredDocument
    from scaicontrol_core.integrity.packing import PackStanding
    from scaicontrol_core.integrity.partner_billing import PartnerInvoice, StatedCommissions
    from scaicontrol_core.integrity.settling import SettledInvoice
    from scaicontrol_core.kernel.ids import InvoiceId, PackSubscriptionId, StatementId


@frozen
class Repeated:
    """Something there should be once at most: what it is about, and how often it is there."""

    resource_type: str
    resource_id: str
    count: int


@frozen
class Repeats:
    """How many things were looked at, and those that are there too often."""

    checked: int
    found: Sequence[Repeated]


class IntegrityReads(Protocol):
    """Everything that is stored, in an order of its own, page by page."""

    async def documents(self, *, after: InvoiceId | None, limit: int) -> Sequence[StoredDocument]:
        """Return numbered documents by id, those that come after ``after``."""
        ...

    async def charges(self, invoice_ids: Sequence[InvoiceId]) -> Sequence[BilledPeriod]:
        """Return what the ledger says stands on these invoices."""
        ...

    async def invoiced(self, invoice_ids: Sequence[InvoiceId]) -> Mapping[ChargeKey, int]:
        """Return the sums of these invoices' lines that charge a subscription."""
        ...

    async def credited(self, *, after: InvoiceId | None, limit: int) -> Sequence[CreditedInvoice]:
        """Return invoices with a credit note, or that say they have one, by id, after ``after``."""
        ...

    async def settled(self, *, after: InvoiceId | None, limit: int) -> Sequence[SettledInvoice]:
        """Return numbered invoices with the sums of their payments by id, after ``after``."""
        ...

    async def misreturned(self) -> Repeats:
        """Look at all payments for those that say otherwise than their refunds; ``count`` is by how much."""
        ...

    async def ledger(self, *, after: LedgerKey | None, limit: int) -> Sequence[LedgerEntry]:
        """Return the ledger by subscription, kind and ordinal, what comes after ``after``."""
        ...

    async def repeated_activations(self) -> Repeats:
        """Look for subscriptions announced as activated more than once, among all announcements."""
        ...

    async def rival_subscriptions(self) -> Repeats:
        """Look for tenants with several live subscriptions to one service that allows one."""
        ...

    async def packs(self, *, after: PackSubscriptionId | None, limit: int) -> Sequence[PackStanding]:
        """Return subscriptions to packs with their children, by id, after ``after``."""
        ...

    async def orphans(self) -> Repeats:
        """Look for subscriptions whose pack is not there, by that pack, among all that have one."""
        ...

    async def statements(self, *, after: StatementId | None, limit: int) -> Sequence[StatedCommissions]:
        """Return closed commission statements with the sums of their entries, by id, after ``after``."""
        ...

    async def partner_invoices(self, *, after: InvoiceId | None, limit: int) -> Sequence[PartnerInvoice]:
        """Return invoices between the operator and partners with what stands behind them, by id, after ``after``."""
        ...

    async def unfounded_charges(self) -> Repeats:
        """Look at all charges of partners for those that their customers were not charged, by invoice."""
        ...

    async def misplaced(self) -> Repeats:
        """Look at all rows of tenants for those that name another partner than theirs, by table and tenant."""
        ...


class IntegrityWork(BillingWork, Protocol):
    """A unit of work over everything an audit reads."""

    @property
    def integrity(self) -> IntegrityReads:
        """The reads of an audit."""
        ...
