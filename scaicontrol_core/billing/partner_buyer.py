"""A partner, or the operator, as the buyer of a document: its configuration says what the document shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.billing.errors import SellerNotBillable
from scaicontrol_core.billing.facts import Facts, Prepared
from scaicontrol_core.billing.foreign_currency import with_exchange_rates
from scaicontrol_core.billing.freezing import dated, freeze, prepare
from scaicontrol_core.billing.supplies import rate_wanted
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.tenancy.billing_profile import BillingDetails

if TYPE_CHECKING:
    from datetime import datetime

    from scaicontrol_core.billing.facts import Rules
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.tenancy.partner import Partner
    from scaicontrol_core.tenancy.vat_evidence import VatNumberEvidence

#: What a document must show of a business that buys (Directive 2006/112/EC art. 226(5)).
_NEEDED = ("legal_name", "seller_country_code", "seller_address_line1", "seller_city")


@frozen(kw_only=True)
class PartnerAsBuyer:
    """The buyer's side (``BuyerSide``) of what a partner, or the operator, is invoiced."""

    details: BillingDetails
    vat_evidence: VatNumberEvidence

    @classmethod
    def of(cls, partner: Partner) -> PartnerAsBuyer:
        """Read it from the configuration; ``SellerNotBillable`` names what is missing there."""
        own = partner.configuration
        missing = tuple(name for name in _NEEDED if not getattr(own, name))
        if missing:
            raise SellerNotBillable(partner.id, missing)
        details = BillingDetails(
            company_name=own.legal_name or partner.name,
            address_line1=own.seller_address_line1,
            address_line2=own.seller_address_line2,
            postal_code=own.seller_postal_code,
            city=own.seller_city,
            country_code=own.seller_country_code or "",
            vat_number=own.seller_vat_number,
            contact_email=own.seller_email,
            phone=own.seller_phone,
            peppol_id=own.seller_peppol_id,
            peppol_scheme=own.seller_peppol_scheme,
            preferred_einvoice_format=own.purchase_einvoice_format,
            preferred_language=own.language,
        )
        return cls(details=details, vat_evidence=partner.vat_evidence)


async def prepared_between(
    work: BillingWork, invoice: Invoice, seller: Partner, buyer: Partner, rules: Rules, now: datetime
) -> Prepared:
    """Return a draft between the operator and a partner, checked and complete but for its number.

    Raises as ``prepare`` does, and ``SellerNotBillable`` for either side.
    """
    facts = Facts(invoice=invoice, seller=seller, tenant=None, buyer=PartnerAsBuyer.of(buyer), rules=rules, now=now)
    today = local_date(now, seller.configuration.billing_timezone)
    wanted = rate_wanted(facts, today)
    if wanted is not None:
        known = await with_exchange_rates(work, rules, [wanted])
        facts = Facts(invoice=invoice, seller=seller, tenant=None, buyer=facts.buyer, rules=known, now=now)
    return prepare(facts, today)


async def number_between(work: BillingWork, prepared: Prepared) -> None:
    """Give the document its number and keep it; the caller commits. The last lock that is taken."""
    facts = prepared.facts
    series = await work.number_series.lock(prepared.series_key, prepared.prefix)
    today = local_date(facts.now, facts.seller.configuration.billing_timezone)
    facts.invoice.finalize(freeze(dated(prepared, series, today), series, facts.now))
    await work.invoices.add(facts.invoice)
    await work.number_series.save(series)
