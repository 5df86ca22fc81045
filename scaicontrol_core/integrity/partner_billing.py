"""Commission statements sum their entries, and what partners are billed is what their ledgers say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.integrity.finding import Finding, IntegrityRule, RuleAudit
from scaicontrol_core.kernel.ids import InvoiceId, StatementId

if TYPE_CHECKING:
    from scaicontrol_core.integrity.ports import IntegrityWork

_PAGE = 500


@frozen(kw_only=True)
class StatedCommissions:
    """A closed statement: what it says, and what its entries sum to; minor units."""

    statement_id: StatementId
    month: str
    entry_count: int
    net_cents: int
    commission_cents: int
    entries: int
    entries_net_cents: int
    entries_commission_cents: int


@frozen(kw_only=True)
class PartnerInvoice:
    """A numbered invoice between the operator and a partner, and what stands behind it; minor units.

    ``backed_cents`` sums the commissions that a self-billing invoice settles, or the charges on a partner's bill.
    """

    invoice_id: InvoiceId
    number: str
    net_cents: int
    backed_cents: int


async def audit_partner_billing(work: IntegrityWork) -> tuple[RuleAudit, RuleAudit]:
    """Walk all statements, and all invoices between the operator and partners."""
    stated: list[Finding] = []
    statements = 0
    last: StatementId | None = None
    while page := await work.integrity.statements(after=last, limit=_PAGE):
        for statement in page:
            stated += statement_findings(statement)
        statements, last = statements + len(page), page[-1].statement_id
    billed: list[Finding] = []
    invoices = 0
    after: InvoiceId | None = None
    while found := await work.integrity.partner_invoices(after=after, limit=_PAGE):
        for invoice in found:
            billed += partner_findings(invoice)
        invoices, after = invoices + len(found), found[-1].invoice_id
    rule = IntegrityRule.PARTNERS_BILLED
    unfounded = await work.integrity.unfounded_charges()
    billed += [
        Finding(rule, each.resource_type, each.resource_id, f"has {each.count} charges that no customer was charged")
        for each in unfounded.found
    ]
    return (
        RuleAudit(rule=IntegrityRule.COMMISSIONS_STATED, checked=statements, findings=tuple(stated)),
        RuleAudit(rule=rule, checked=invoices + unfounded.checked, findings=tuple(billed)),
    )


def statement_findings(statement: StatedCommissions) -> Iterator[Finding]:
    """Yield where a statement is not the sum of its entries."""
    for what, says, sums in (
        ("entries", statement.entry_count, statement.entries),
        ("net", statement.net_cents, statement.entries_net_cents),
        ("commission", statement.commission_cents, statement.entries_commission_cents),
    ):
        if says != sums:
            fault = f"{statement.month}: {what} says {says}, its entries sum to {sums}"
            yield Finding(IntegrityRule.COMMISSIONS_STATED, "commission_statement", statement.statement_id, fault)


def partner_findings(invoice: PartnerInvoice) -> Iterator[Finding]:
    """Yield where an invoice charges something else than what stands behind it."""
    if invoice.net_cents != invoice.backed_cents:
        fault = f"{invoice.number}: net says {invoice.net_cents}, what stands behind it sums to {invoice.backed_cents}"
        yield Finding(IntegrityRule.PARTNERS_BILLED, "invoice", invoice.invoice_id, fault)
