"""Invoices that bear VAT only because their buyer's number could not be verified in time, and since has been.

Issued documents are never rewritten: the seller may credit such an invoice and issue it anew
with the reverse charge (Directive 2006/112/EC art. 90; Implementing Regulation 282/2011, art. 18).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from attrs import define, field, frozen

from scaicontrol_core.billing.explaining import kept_inputs
from scaicontrol_core.kernel.errors import ScaiControlError
from scaicontrol_core.kernel.ids import InvoiceId, TenantId
from scaicontrol_core.tax import RateTable, Treatment, decide_vat
from scaicontrol_core.tenancy.billing_profile import BillingProfile
from scaicontrol_core.tenancy.vat_evidence import VatNumberState, counting_evidence

_UNPROVEN = frozenset({VatNumberState.PENDING.value, VatNumberState.NEVER_CHECKED.value})
_CHARGED = frozenset({Treatment.DESTINATION.value, Treatment.SELLER_COUNTRY.value})


@frozen(kw_only=True)
class VatCorrection:
    """An offer to credit an invoice and issue it anew without VAT; amounts in minor units of ``currency``.

    ``credited_cents`` is what credit notes took back of its net already. ``proven_at``, ``source``
    and ``reference`` are the evidence that has come since.
    """

    invoice_id: InvoiceId
    tenant_id: TenantId
    number: str
    issue_date: date
    company_name: str
    vat_number: str
    currency: str
    net_cents: int
    tax_cents: int
    credited_cents: int
    proven_at: datetime | None
    source: str
    reference: str | None


@define
class CorrectionSearch:
    """Takes in a seller's documents one after the other, and keeps those charged only for want of proof."""

    rates: RateTable
    _found: dict[InvoiceId, Mapping[str, Any]] = field(factory=dict, init=False)
    _credited: dict[str, int] = field(factory=dict, init=False)

    def add(self, invoice_id: InvoiceId, document: Mapping[str, Any]) -> None:
        """Look at a frozen document that was not voided."""
        original = document.get("referenced_number")
        if document["document_type"] == "credit_note" and original is not None:
            self._credited[original] = self._credited.get(original, 0) - document["totals"]["net_cents"]
        elif charged_for_want_of_proof(document, self.rates):
            self._found[invoice_id] = document

    @property
    def invoice_ids(self) -> tuple[InvoiceId, ...]:
        """The invoices found, but for those that were credited in full."""
        return tuple(each for each, document in self._found.items() if self._left(document) > 0)

    def offers(
        self, buyers: Mapping[InvoiceId, BillingProfile], now: datetime, *, valid_days: int
    ) -> Iterable[VatCorrection]:
        """Return those whose buyer's number, the very one on the invoice, counts as verified by now."""
        for invoice_id in self.invoice_ids:
            document, buyer = self._found[invoice_id], buyers.get(invoice_id)
            if buyer is None or not _is_the_same_claim(document, buyer):
                continue
            proof = buyer.vat_evidence
            if counting_evidence(proof, now, valid_days=valid_days).state is not VatNumberState.VALID:
                continue
            yield VatCorrection(
                invoice_id=invoice_id,
                tenant_id=buyer.tenant_id,
                number=document["number"],
                issue_date=date.fromisoformat(document["issue_date"]),
                company_name=document["buyer"]["company_name"],
                vat_number=document["vat_details"]["evidence"]["vat_number"],
                currency=document["currency"],
                net_cents=document["totals"]["net_cents"],
                tax_cents=document["totals"]["tax_cents"],
                credited_cents=self._credited.get(document["number"], 0),
                proven_at=proof.checked_at,
                source=proof.source.value,
                reference=proof.reference,
            )

    def _left(self, document: Mapping[str, Any]) -> int:
        net: int = document["totals"]["net_cents"]
        return net - self._credited.get(document["number"], 0)


def charged_for_want_of_proof(document: Mapping[str, Any], rates: RateTable) -> bool:
    """Tell whether an invoice bears VAT that proof of its buyer's number would have spared it.

    The decisions are taken again on what the document kept, with a verified number; documents
    that kept nothing can't tell.
    """
    details = document["vat_details"]
    evidence, inputs = details.get("evidence"), details.get("inputs")
    if evidence is None or inputs is None or evidence["state"] not in _UNPROVEN:
        return False
    if not any(entry["treatment"] in _CHARGED for entry in details["entries"]):
        return False
    proven = evidence | {"state": VatNumberState.VALID.value}
    try:
        return any(decide_vat(kept_inputs(inputs, proven, line), rates).reverse_charge for line in document["lines"])
    except ScaiControlError:
        return False  # a rate that was withdrawn since: nothing to offer on such ground


def _is_the_same_claim(document: Mapping[str, Any], buyer: BillingProfile) -> bool:
    frozen_as = (document["vat_details"]["evidence"]["vat_number"], document["buyer"]["country_code"])
    return frozen_as == (buyer.details.vat_number, buyer.details.country_code)
