"""Routes of partners' commissions: what they earned by sales in the operator's name."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter

from scaicontrol_adapters.reports import commissions_csv
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.commissions.ports import COMMISSION_STATEMENTS
from scaicontrol_core.billing.commissions.statement import CommissionStatement
from scaicontrol_core.billing.use_cases.list_commissions import ListCommissions
from scaicontrol_core.billing.use_cases.read_commissions import ReadCommissions
from scaicontrol_core.documents.use_cases.render_commissions import RenderCommissions
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_http.dependencies import Actor, Container, PageRequest
from scaicontrol_http.requests import Answer, Listing, attachment, listing
from scaicontrol_http.sorting import SORTING

_TAG = "Admin: partners"
_JSON, _CSV, _PDF = "application/json", "text/csv", "application/pdf"
_FORMATS = {"json": _JSON, "csv": _CSV, "pdf": _PDF}
Month = Annotated[
    str | None, QueryParameter(name="month", description="A month, `2026-10`; without it, the current one.")
]
Format = Annotated[
    str | None, QueryParameter(name="format", description="`json`, `csv` or `pdf`; without it, what `Accept` prefers.")
]


class CommissionSummaryAnswer(Answer):
    """A closed statement without its entries; ``settled_by`` is the self-billing invoice it stands on."""

    id: str
    partner_id: str
    month: str
    currency: str
    billing_model: str
    entry_count: int
    net_cents: int
    commission_cents: int
    closed_at: datetime | None
    settled_by: str | None

    @classmethod
    def of(cls, statement: CommissionStatement) -> CommissionSummaryAnswer:
        """Show a statement."""
        return cls(
            id=statement.id,
            partner_id=statement.partner_id,
            month=statement.name,
            currency=statement.currency,
            billing_model=statement.billing_model.value,
            entry_count=statement.entry_count,
            net_cents=statement.net_cents,
            commission_cents=statement.commission_cents,
            closed_at=statement.closed_at,
            settled_by=statement.settled_by,
        )


class CommissionEntryAnswer(Answer):
    """A document and what it earns; ``rate_bp`` is in basis points, what takes back is negative."""

    invoice_id: str
    kind: str
    day: date
    number: str
    issue_date: date
    customer: str
    net_cents: int
    rate_bp: int
    commission_cents: int


class CommissionStatementAnswer(Answer):
    """One currency's entries and sums; ``id`` and ``closed_at`` are null while the month is open."""

    id: str | None
    currency: str
    billing_model: str
    closed_at: datetime | None
    settled_by: str | None
    entry_count: int
    net_cents: int
    commission_cents: int
    entries: list[CommissionEntryAnswer]


class CommissionsAnswer(Answer):
    """A month of a partner's commissions, one statement per currency."""

    partner_id: str
    month: str
    period_start: date
    period_last_day: date
    closed: bool
    operator: dict[str, Any]
    partner: dict[str, Any]
    statements: list[CommissionStatementAnswer]


@get(
    "/admin/partners/{partner_id:str}/commissions",
    tags=[_TAG],
    summary="List a partner's commission statements",
    opt={SORTING: COMMISSION_STATEMENTS},
)
async def list_commissions(
    container: Container, actor: Actor, page: PageRequest, partner_id: FromPath[str]
) -> Listing[CommissionSummaryAnswer]:
    """Closed months, the newest first, without entries."""
    found = await container.use(ListCommissions)(actor, PartnerId(partner_id), page)
    return listing(found, CommissionSummaryAnswer.of)


@get(
    "/admin/partners/{partner_id:str}/commission-statement",
    tags=[_TAG],
    summary="Get a month of a partner's commissions",
)
async def get_commissions(
    request: Request[Any, Any, Any],
    container: Container,
    actor: Actor,
    partner_id: FromPath[str],
    month: Month = None,
    wanted: Format = None,
) -> Response[CommissionsAnswer]:
    """Document by document: JSON, CSV or a PDF. A month that still runs shows what there is so far."""
    if wanted is not None and wanted not in _FORMATS:
        raise Invalid.field("/format", f"{wanted!r} is neither json, csv nor pdf.", code="format_unknown")
    owner, first = PartnerId(partner_id), parse_month(month, "/month").start if month else None
    media_type = _FORMATS[wanted] if wanted else request.accept.best_match([_JSON, _CSV, _PDF], _JSON)
    written: Any  # another body than the description's
    if media_type == _PDF:
        pdf = await container.use(RenderCommissions)(actor, owner, first)
        written, name = pdf.content, pdf.name
    else:
        stated = await container.use(ReadCommissions)(actor, owner, first)
        if media_type == _JSON:
            return Response(msgspec.convert(stated.to_dict(), CommissionsAnswer), headers={"Vary": "Accept"})
        written, name = commissions_csv(stated), f"commissions-{stated.name}"
    extension = "pdf" if media_type == _PDF else "csv"
    headers = {"Content-Disposition": attachment(name, extension), "Vary": "Accept"}
    return Response(written, media_type=media_type, headers=headers)


COMMISSION_ROUTES = (list_commissions, get_commissions)
