"""What every store promises of numbered documents: nobody changes them, whoever writes and by whatever path."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ledger import BilledPeriod, ChargeKind
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus, PdfStatus
from scaicontrol_core.billing.numbering import SeriesKey
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.documents.einvoice.precheck import EInvoiceCheck
from scaicontrol_core.documents.revision import DocumentRevision, RevisionReason
from scaicontrol_core.kernel.errors import OutOfScope, Refused, Retryable
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, RunId, SubscriptionId, TenantId
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.tax import standard_rates
from scaicontrol_core.testing import FixedClock, SequentialIds, builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.clock import DEFAULT_START

PLATFORM = Actor.system("contract")
RIVAL = PartnerId("prt_rival")
STRANGERS = (
    Actor.partner_admin("rick", RIVAL),
    Actor.tenant_user("mallory", TenantId("tnt_other"), OPERATOR_ID, Role.TENANT_ADMIN),
)


async def drafted(work_factory: Any, ids: SequentialIds) -> Invoice:
    typed = DraftInput(lines=(LineInput(description="Advice", unit_price_cents="12500"),), notes="Thank you")
    return await DraftInvoice(work_factory, FixedClock(), ids)(PLATFORM, TENANT_ID, typed)


@pytest.fixture
async def issued(work_factory: Any) -> Invoice:
    """One finalized invoice of the operator."""
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        await work.partners.add(builders.new_partner(RIVAL, operator=False, invoice_number_prefix="RIV"))
        await work.tenants.add(builders.new_tenant())
        await work.billing_profiles.add(builders.new_profile())
        await work.commit()
    draft = await drafted(work_factory, SequentialIds(1000))
    return await FinalizeInvoice(work_factory, FixedClock(), standard_rates(), EInvoiceCheck())(PLATFORM, draft.id)


CHANGES: dict[str, Callable[[Invoice], Any]] = {
    "currency": lambda _: "USD",
    "created_at": lambda row: row.created_at.replace(year=2025),
    "lines": lambda row: (evolve(row.lines[0], description="Other"),),
    "period": lambda _: Period(date(2026, 1, 1), date(2026, 2, 1)),
    "notes": lambda _: None,
    "buyer_reference": lambda _: "PO 13",
    "invoice_date": lambda _: date(2026, 1, 1),
    "due_date": lambda _: date(2027, 1, 1),
    "number": lambda _: "SCAI-2026-000099",
    "sequence": lambda _: 99,
    "fiscal_year": lambda _: 2025,
    "issue_date": lambda _: date(2026, 1, 1),
    "net_cents": lambda row: row.net_cents + 1,
    "tax_cents": lambda row: row.tax_cents + 1,
    "gross_cents": lambda row: row.gross_cents + 1,
    "frozen_document": lambda row: row.frozen_document.replace("Utrecht", "Haarlem") if row.frozen_document else None,
    "chain_hash": lambda _: "0" * 64,
    "finalized_at": lambda row: row.created_at.replace(year=2025),
    "status": lambda _: InvoiceStatus.DRAFT,
}


@pytest.mark.parametrize("field", CHANGES)
async def test_a_numbered_document_stays_as_it_is(work_factory: Any, issued: Invoice, field: str) -> None:
    async with work_factory.begin(PLATFORM) as work:
        row = await work.invoices.get(issued.id)
        setattr(row, field, CHANGES[field](row))
        if field in {"created_at", "fiscal_year", "sequence"}:
            # A store may also leave what never changes out of its UPDATE.
            row.number = "SCAI-2026-000099"
        with pytest.raises(Refused) as refused:
            await work.invoices.save(row)
        assert refused.value.code == "invoice_immutable"
    async with work_factory.begin(PLATFORM, read_only=True) as work:
        kept = await work.invoices.get(issued.id)
    assert (kept.number, kept.frozen_document, kept.lines, kept.status, kept.version) == (
        issued.number,
        issued.frozen_document,
        issued.lines,
        issued.status,
        issued.version,
    )


async def test_what_may_still_happen_to_it_does(work_factory: Any, issued: Invoice) -> None:
    async with work_factory.begin(PLATFORM) as work:
        row = await work.invoices.get(issued.id)
        row.document_ready(1, "ab" * 32)
        row.void("wrong customer", DEFAULT_START)
        await work.invoices.save(row)
        await work.commit()
    async with work_factory.begin(PLATFORM, read_only=True) as work:
        kept = await work.invoices.get(issued.id)
    assert (kept.status, kept.pdf_status, kept.void_reason) == (InvoiceStatus.VOID, PdfStatus.READY, "wrong customer")
    assert (kept.number, kept.frozen_document) == (issued.number, issued.frozen_document)


async def test_two_documents_never_have_one_number(work_factory: Any, issued: Invoice) -> None:
    twin = evolve(issued, id=InvoiceId("inv_twin"), version=0)
    for claim in (twin, evolve(twin, sequence=2), evolve(twin, number="SCAI-2026-000002")):
        async with work_factory.begin(PLATFORM) as work:
            with pytest.raises(Retryable):
                await work.invoices.add(claim)


def entry(when: datetime) -> BilledPeriod:
    return BilledPeriod(
        subscription_id=SubscriptionId("sub_1"),
        ordinal=0,
        charge_kind=ChargeKind.RECURRING,
        partner_id=OPERATOR_ID,
        tenant_id=TENANT_ID,
        period_start=date(2026, 1, 1),
        period_end=date(2026, 2, 1),
        net_cents=1,
        currency="EUR",
        invoice_id=None,
        run_id=RunId("run_1"),
        billed_at=when,
    )


def revision(invoice: Invoice) -> DocumentRevision:
    return DocumentRevision(
        invoice_id=invoice.id,
        partner_id=OPERATOR_ID,
        tenant_id=TENANT_ID,
        revision=1,
        object_key="uploads/x.pdf",
        sha256="ab" * 32,
        size=1,
        reason=RevisionReason.FINALIZE,
        html_snapshot="<p></p>",
        template="built-in",
        renderer="plain",
        fonts=(),
        created_at=DEFAULT_START,
    )


@pytest.mark.parametrize("stranger", STRANGERS, ids=["partner", "tenant"])
async def test_nobody_writes_in_another_ones_books(work_factory: Any, issued: Invoice, stranger: Actor) -> None:
    key = SeriesKey(OPERATOR_ID, DocumentType.INVOICE, 2026)
    writes: tuple[Callable[[Any], Any], ...] = (
        lambda work: work.number_series.lock(key, "SCAI"),
        lambda work: work.billed_periods.add_many([entry(DEFAULT_START)]),
        lambda work: work.document_revisions.add(revision(issued)),
        lambda work: work.invoices.add(evolve(issued, id=InvoiceId("inv_forged"), number=None, version=0)),
    )
    for write in writes:
        async with work_factory.begin(stranger) as work:
            with pytest.raises(OutOfScope):
                await write(work)
