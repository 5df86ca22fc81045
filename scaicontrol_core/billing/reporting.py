"""Reading a seller's documents for its tax reports, page by page: a year of them never lies in memory at once."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.billing.seller import require_own_name
from scaicontrol_core.kernel.period import local_date, start_of_day
from scaicontrol_core.tax.report_amounts import read_amounts
from scaicontrol_core.tax.report_sums import Gathering, Place
from scaicontrol_core.tax.reports import ReportHeader
from scaicontrol_core.tenancy.selling import home_partner

if TYPE_CHECKING:
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.kernel.ids import InvoiceId, PartnerId
    from scaicontrol_core.tax.report_periods import ReportPeriod
    from scaicontrol_core.tenancy.partner import Partner

_PAGE = 500
_DAY = timedelta(days=1)


@frozen(kw_only=True)
class DocumentSpan:
    """Which of a seller's documents may hold amounts of a report's period.

    Those issued from ``first_day`` to ``last_issue``; earlier ones that may charge ahead: a
    line's own tax point or the last day of its period is ``first_day`` or later; and earlier ones
    voided between the two instants of ``voided`` (UTC, half open).
    """

    seller_id: PartnerId
    first_day: date
    last_issue: date
    voided: tuple[datetime, datetime] | None = None


@frozen(kw_only=True)
class IssuedDocument:
    """A numbered document as it was frozen: its canonical text, and when it was voided since (UTC)."""

    invoice_id: InvoiceId
    issue_date: date
    voided_at: datetime | None
    canonical: str


async def reporting_seller(work: BillingWork, actor: Actor, seller_id: PartnerId | None) -> Partner:
    """Return whose report is wanted: the seller named, the actor's own, or the operator.

    Raises ``NotFound`` for one beyond the scope, ``NotYourSeries`` for another's.
    """
    seller = await home_partner(work, actor.scope, seller_id)
    require_own_name(actor, seller.id)
    return seller


async def gather(
    work: BillingWork, seller: Partner, period: ReportPeriod, place: Place, *, own_currency: bool = True
) -> Gathering:
    """Add up all documents that may belong to a report, in the seller's currency or each in its own."""
    gathering = Gathering(period, place)
    zone = seller.configuration.billing_timezone
    span = DocumentSpan(
        seller_id=seller.id,
        first_day=period.start,
        last_issue=period.due_on,
        # A day more on both sides: the seller's zone may have been another when the document was frozen.
        voided=(start_of_day(period.start - _DAY, zone), start_of_day(period.end + _DAY, zone)),
    )
    after: tuple[date, InvoiceId] | None = None
    while page := await work.invoices.documents(span, after=after, limit=_PAGE):
        for each in page:
            gathering.add(read_amounts(json.loads(each.canonical), voided_at=each.voided_at, own_currency=own_currency))
        after = page[-1].issue_date, page[-1].invoice_id
    return gathering


def header_of(seller: Partner, period: ReportPeriod, now: datetime) -> ReportHeader:
    """Return the report's header, with the seller as it is now."""
    own = seller.configuration
    return ReportHeader(
        seller_id=seller.id,
        seller_name=own.legal_name or seller.name,
        seller_vat_number=own.seller_vat_number,
        seller_country=own.seller_country_code,
        period=period.name,
        first_day=period.start,
        last_day=period.last_day,
        due_on=period.due_on,
        final=local_date(now, own.billing_timezone) > period.due_on,
    )
