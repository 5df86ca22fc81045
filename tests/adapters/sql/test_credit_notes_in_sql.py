"""What the database itself refuses of credit notes, whoever writes and by whatever path."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import pytest
from sqlalchemy import Table, delete, update

from scaicontrol_adapters.sql.rows.billing import InvoiceRow
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.credit_issuing import IssuedCreditNote
from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.documents.einvoice.precheck import EInvoiceCheck
from scaicontrol_core.kernel.errors import Refused
from scaicontrol_core.kernel.ids import InvoiceId, LineId, PartnerId, TenantId
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice
from scaicontrol_core.tax import standard_rates
from scaicontrol_core.testing import FixedClock, SequentialIds
from scaicontrol_core.testing.clock import DEFAULT_START

PLATFORM = Actor.system("test")
OURS, RESELLER = TenantId("tnt_ours"), PartnerId("prt_reseller")
INVOICES = cast("Table", InvoiceRow.__table__)


@pytest.fixture
async def issued(market: SqlUnitOfWorkFactory) -> IssuedCreditNote:
    """An invoice of 375.00 net, of which 100.00 was credited."""
    clock, ids, check = FixedClock(), SequentialIds(), EInvoiceCheck()
    line = LineInput(description="Advice", quantity="3", unit_price_cents="12500")
    draft = await DraftInvoice(market, clock, ids)(PLATFORM, OURS, DraftInput(lines=(line,)))
    invoice = await FinalizeInvoice(market, clock, standard_rates(), check)(PLATFORM, draft.id)
    wanted = NewCreditNote(reason="Agreed", lines=(LineCredit(position=1, net_cents=10000),))
    return await IssueCreditNote(market, clock, ids, check)(PLATFORM, invoice.id, wanted)


async def _refused(market: SqlUnitOfWorkFactory, statement: Any) -> None:
    with pytest.raises(Refused) as refused:
        async with market.database.writer.begin() as connection:
            await connection.execute(statement)
    assert refused.value.code == "invoice_immutable"


async def test_what_a_credit_note_says_is_kept(market: SqlUnitOfWorkFactory, issued: IssuedCreditNote) -> None:
    own = INVOICES.c.id == issued.credit_note.id
    for changed in (
        {"reason": "Another"},
        {"reason": None},
        {"referenced_invoice_id": "inv_other"},
        {"net_cents": -1},
        {"document_type": "invoice"},
    ):
        await _refused(market, update(INVOICES).where(own).values(changed))
    await _refused(market, delete(INVOICES).where(own))


async def test_what_was_credited_is_neither_taken_back_nor_more_than_there_is(
    market: SqlUnitOfWorkFactory, issued: IssuedCreditNote
) -> None:
    own = INVOICES.c.id == issued.original.id
    for cents in (0, 9999, -9999, 37501):
        await _refused(market, update(INVOICES).where(own).values(credited_net_cents=cents))
    await _refused(market, update(INVOICES).where(own).values(credited_tax_cents=35376))
    async with market.database.writer.begin() as connection:
        await connection.execute(update(INVOICES).where(own).values(credited_net_cents=10001))


def _note(**fields: Any) -> Invoice:
    known: dict[str, Any] = {
        "id": InvoiceId("inv_x"),
        "partner_id": RESELLER,
        "tenant_id": OURS,
        "seller_id": RESELLER,
        "currency": "EUR",
        "created_at": DEFAULT_START,
        "document_type": DocumentType.CREDIT_NOTE,
        "reason": "Agreed",
        "lines": (
            InvoiceLine(
                id=LineId("lin_x"),
                description="Advice",
                quantity=Quantity(Decimal(-1)),
                unit_price=UnitPrice(Decimal(1)),
            ),
        ),
    }
    return Invoice(**(known | fields))


async def test_a_credit_note_of_nothing_and_a_draft_of_one_are_refused(
    market: SqlUnitOfWorkFactory, issued: IssuedCreditNote
) -> None:
    legal: dict[str, Any] = {
        "seller_id": issued.original.seller_id,
        "status": InvoiceStatus.FINALIZED,
        "number": "RES-CN-2026-000009",
        "sequence": 9,
        "fiscal_year": 2026,
        "issue_date": DEFAULT_START.date(),
        "due_date": DEFAULT_START.date(),
        "frozen_document": "{}",
        "chain_hash": "0" * 64,
        "finalized_at": DEFAULT_START,
    }
    for note in (
        _note(referenced_invoice_id=issued.original.id),
        _note(**legal),
        _note(**legal, referenced_invoice_id=issued.credit_note.id),
        _note(**legal | {"reason": None}, referenced_invoice_id=issued.original.id),
    ):
        async with market.begin(PLATFORM) as work:
            with pytest.raises(Refused):
                await work.invoices.add(note)
    async with market.begin(PLATFORM) as work:
        await work.invoices.add(_note(**legal, referenced_invoice_id=issued.original.id))
