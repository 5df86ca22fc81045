"""What finalization reads, and what it makes of it before there is a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from scaicontrol_core.tax.exchange_rates import ExchangeRateBook
from scaicontrol_core.tenancy.vat_evidence import CountingEvidence, counting_evidence

if TYPE_CHECKING:
    from datetime import datetime

    from scaicontrol_core.billing.frozen_document import FrozenDocument
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.billing.line import InvoiceLine
    from scaicontrol_core.billing.numbering import SeriesKey
    from scaicontrol_core.tax import RateTable, VatBreakdown
    from scaicontrol_core.tenancy.billing_profile import BillingDetails
    from scaicontrol_core.tenancy.partner import Partner
    from scaicontrol_core.tenancy.tenant import Tenant
    from scaicontrol_core.tenancy.vat_evidence import VatNumberEvidence


class DocumentCheck(Protocol):
    """Tells before a number is spent whether a document can be sent in its buyer's format."""

    def check(self, document: FrozenDocument) -> None:
        """Return if it can; raises ``EInvoiceIncomplete`` naming every field that keeps it from it."""
        ...


@frozen(kw_only=True)
class Rules:
    """What every document is held against: the VAT rates, and what its buyer's format asks for.

    ``exchange_rates`` are those that the documents at hand want (``with_exchange_rates``).
    """

    rates: RateTable
    document_check: DocumentCheck
    exchange_rates: ExchangeRateBook = field(factory=ExchangeRateBook)


class BuyerSide(Protocol):
    """Who buys: a tenant's billing profile, or a partner (``PartnerAsBuyer``)."""

    @property
    def details(self) -> BillingDetails:
        """What the document says of it."""
        ...

    @property
    def vat_evidence(self) -> VatNumberEvidence:
        """What is known about its VAT number."""
        ...


@frozen(kw_only=True)
class Facts:
    """All that finalization reads: the draft, both parties as they are at ``now``, the rules it is held against.

    ``tenant`` is None where a partner buys.

    ``turnover_cents`` is what the seller invoiced to consumers of other member states this year
    and the last, in euro cents: it moves until the series is locked.
    """

    invoice: Invoice
    seller: Partner
    tenant: Tenant | None
    buyer: BuyerSide
    rules: Rules
    now: datetime
    turnover_cents: int = 0
    turnover_last_year_cents: int = 0

    @property
    def evidence(self) -> CountingEvidence:
        """What counts of the evidence on the buyer's VAT number, for as long as the seller relies on it."""
        valid_days = self.seller.configuration.vat_evidence_valid_days
        return counting_evidence(self.buyer.vat_evidence, self.now, valid_days=valid_days)


@frozen(kw_only=True)
class Prepared:
    """A document complete but for its number. ``document.number`` is empty until frozen.

    ``lines`` are the draft's, or what they were divided into at a change of the VAT rate.
    """

    facts: Facts
    document: FrozenDocument
    lines: tuple[InvoiceLine, ...]
    vat: VatBreakdown
    series_key: SeriesKey
    prefix: str
