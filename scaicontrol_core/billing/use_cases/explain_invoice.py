"""Explain the VAT of an invoice or credit note."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.explaining import VatExplanation, explain_vat
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.errors import Refused
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tax import RateTable


@frozen
class ExplainInvoice:
    """Say for each VAT group which rule, law, rate and evidence it rests on, and decide it again.

    Raises ``NotFound``, and ``Refused`` (``invoice_not_finalized``) for a draft: its VAT is
    decided when it gets its number.
    """

    work: UnitOfWorkFactory[BillingWork]
    rates: RateTable

    async def __call__(self, actor: Actor, invoice_id: InvoiceId) -> VatExplanation:
        """Return the explanation."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            invoice = await work.invoices.get(invoice_id)
        if invoice.document is None:
            raise Refused(
                "The VAT of a draft is decided when it is finalized.",
                code="invoice_not_finalized",
                hint="Finalize it first.",
            )
        return explain_vat(invoice.document, self.rates)
