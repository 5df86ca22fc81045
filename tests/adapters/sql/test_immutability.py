"""A numbered invoice stays what it is, and the ledger too: the database itself refuses, by any path."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, cast

import pytest
from sqlalchemy import Executable, Table, delete, insert, text, update

from scaicontrol_adapters.sql.rows.billing import BilledPeriodRow, InvoiceLineRow, InvoiceRow, NumberSeriesRow
from scaicontrol_adapters.sql.rows.documents import DocumentRevisionRow
from scaicontrol_adapters.sql.types import UtcInstant
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ledger import BilledPeriod, ChargeKind
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus, PdfStatus
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.billing.numbering import SeriesKey
from scaicontrol_core.documents.revision import DocumentRevision, RevisionReason
from scaicontrol_core.kernel.errors import Refused
from scaicontrol_core.kernel.ids import InvoiceId, LineId, PartnerId, RunId, SubscriptionId, TenantId
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice
from scaicontrol_core.subscriptions.subscription import Subscription
from scaicontrol_core.testing.clock import DEFAULT_START

PLATFORM = Actor.system("test")
OURS, RESELLER = TenantId("tnt_ours"), PartnerId("prt_reseller")
INVOICE = InvoiceId("inv_1")
#: What credit notes took back only grows: ``test_credit_notes_in_sql`` has its stories.
CREDITED = {"credited_net_cents", "credited_tax_cents", "credited_lines", "credited_note_ids"}
#: What was paid only grows, and what was given back never exceeds it.
PAID = {"paid_cents", "refunded_cents", "payment_failed_at"}
MAY_CHANGE = {"status", "sent_at", "paid_at", "voided_at", "void_reason", "pdf_status", "version"} | CREDITED | PAID


def _line(count: int) -> InvoiceLine:
    return InvoiceLine(
        id=LineId(f"lin_{count}"),
        description=f"Line {count}",
        quantity=Quantity(Decimal(1)),
        unit_price=UnitPrice(Decimal(19900)),
    )


def _invoice(**fields: Any) -> Invoice:
    known: dict[str, Any] = {
        "id": INVOICE,
        "partner_id": RESELLER,
        "tenant_id": OURS,
        "seller_id": RESELLER,
        "currency": "EUR",
        "created_at": DEFAULT_START,
        "lines": (_line(1), _line(2)),
    }
    return Invoice(**(known | fields))


def _numbered() -> Invoice:
    """An invoice with every field filled in, so that emptying one is a change too."""
    return _invoice(
        status=InvoiceStatus.FINALIZED,
        period=Period(date(2026, 1, 1), date(2026, 2, 1)),
        notes="Thank you",
        buyer_reference="PO 7",
        invoice_date=date(2026, 1, 31),
        run_id=RunId("run_1"),
        referenced_invoice_id=InvoiceId("inv_0"),
        reason="Agreed.",
        number="RES-2026-000001",
        sequence=1,
        fiscal_year=2026,
        issue_date=date(2026, 1, 31),
        due_date=date(2026, 2, 14),
        net_cents=39800,
        tax_cents=8358,
        gross_cents=48158,
        frozen_document="{}",
        chain_hash="0" * 64,
        finalized_at=DEFAULT_START,
        pdf_status=PdfStatus.PENDING,
    )


@pytest.fixture
async def numbered(market: SqlUnitOfWorkFactory) -> SqlUnitOfWorkFactory:
    async with market.begin(PLATFORM) as begun:
        await begun.invoices.add(_numbered())
        await begun.commit()
    return market


async def _refused(work: SqlUnitOfWorkFactory, statement: Any, code: str = "invoice_immutable") -> None:
    """The statement is refused through the ORM, and past it on a bare connection."""
    with pytest.raises(Refused) as refused:
        async with work.begin(PLATFORM) as begun:
            await begun.transaction.update(statement, {})
    assert refused.value.code == code
    with pytest.raises(Refused):
        async with work.database.writer.begin() as connection:
            await connection.execute(statement)


def _other(column: Any) -> Any:
    if isinstance(column.type, UtcInstant):
        return DEFAULT_START.replace(year=2031)
    values: dict[type, Any] = {str: "x", int: 7, date: date(2031, 1, 1)}
    return values[column.type.python_type]


INVOICES = cast("Table", InvoiceRow.__table__)
LINES = cast("Table", InvoiceLineRow.__table__)
FROZEN = [column for column in INVOICES.columns if column.name not in MAY_CHANGE]


@pytest.mark.parametrize("column", FROZEN, ids=lambda column: column.name)
async def test_nothing_that_a_numbered_invoice_says_can_be_changed(numbered: SqlUnitOfWorkFactory, column: Any) -> None:
    changed = update(INVOICES).values({column.name: _other(column)})
    with pytest.raises(Refused) as refused:
        async with numbered.database.writer.begin() as connection:
            await connection.execute(changed)
    assert refused.value.code == "invoice_immutable"
    if column.nullable and column.name != "buyer_partner_id":  # a customer's has none to empty
        with pytest.raises(Refused):
            async with numbered.database.writer.begin() as connection:
                await connection.execute(update(INVOICES).values({column.name: None}))


async def test_the_orm_is_refused_as_well(numbered: SqlUnitOfWorkFactory) -> None:
    await _refused(numbered, update(InvoiceRow).values(frozen_document="{ }"))
    await _refused(numbered, update(InvoiceRow).values(status="draft"))
    await _refused(numbered, delete(InvoiceRow))


async def test_its_lines_can_be_neither_changed_nor_removed_nor_added(numbered: SqlUnitOfWorkFactory) -> None:
    await _refused(numbered, update(InvoiceLineRow).values(net_cents=1))
    await _refused(numbered, delete(InvoiceLineRow))
    with pytest.raises(Refused):
        async with numbered.database.writer.begin() as connection:
            await connection.execute(insert(LINES).values(_smuggled()))


def _smuggled(**fields: Any) -> dict[str, Any]:
    return {
        "invoice_id": INVOICE,
        "position": 2,
        "id": "lin_3",
        "description": "smuggled",
        "quantity": Decimal(1),
        "unit_price_cents": Decimal(1),
        "unit_price_divisor": 1,
        "unit_code": "C62",
        "net_cents": 1,
        "tenant_id": OURS,
        "partner_id": RESELLER,
    } | fields


async def test_no_line_stands_before_its_first(numbered: SqlUnitOfWorkFactory) -> None:
    async with numbered.database.writer.connect() as connection:
        with pytest.raises(Refused):
            await connection.execute(insert(LINES).values(_smuggled(position=-1)))


async def test_no_line_of_a_draft_moves_into_it(numbered: SqlUnitOfWorkFactory) -> None:
    async with numbered.begin(PLATFORM) as begun:
        await begun.invoices.add(_invoice(id=InvoiceId("inv_draft")))
        await begun.commit()
    ours = (LINES.c.invoice_id == "inv_draft") & (LINES.c.position == 0)
    async with numbered.database.writer.connect() as connection:
        with pytest.raises(Refused):
            await connection.execute(update(LINES).where(ours).values(invoice_id=INVOICE, position=2))


async def test_on_sqlite_nothing_of_it_is_replaced_unseen(
    numbered: SqlUnitOfWorkFactory, request: pytest.FixtureRequest
) -> None:
    """An OR REPLACE deletes the row in its way, and SQLite's triggers see that only if told to."""
    if request.node.callspec.params["database"] != "sqlite":
        return  # MariaDB's REPLACE always fires them
    replacing: list[Executable] = [
        insert(LINES).prefix_with("OR REPLACE").values(_smuggled(position=1)),
        update(LINES).prefix_with("OR REPLACE").where(LINES.c.position == 1).values(position=0),
        text("INSERT OR REPLACE INTO invoices SELECT * FROM invoices"),
    ]
    for statement in replacing:
        async with numbered.database.writer.connect() as connection:
            with pytest.raises(Refused):
                await connection.execute(statement)


async def test_what_is_paid_is_paid_unless_it_is_owed_again(numbered: SqlUnitOfWorkFactory) -> None:
    async with numbered.database.writer.begin() as connection:
        await connection.execute(update(INVOICES).values(status="paid", paid_cents=100))
    backward = (
        {"status": "finalized"},
        {"status": "sent"},
        {"status": "void"},
        {"void_reason": "x"},
        {"paid_cents": 99},
    )
    for changed in (*backward, {"refunded_cents": 101}, {"refunded_cents": -1}):
        await _refused(numbered, update(InvoiceRow).values(changed))
    async with numbered.database.writer.begin() as connection:
        await connection.execute(update(INVOICES).values(status="past_due", refunded_cents=100))


async def test_void_is_for_ever(numbered: SqlUnitOfWorkFactory) -> None:
    async with numbered.begin(PLATFORM) as begun:
        invoice = await begun.invoices.get(INVOICE)
        invoice.void("Sent to the wrong customer.", DEFAULT_START)
        await begun.invoices.save(invoice)
        await begun.commit()
    for changed in ({"status": "finalized"}, {"void_reason": "Another."}, {"voided_at": None}):
        await _refused(numbered, update(InvoiceRow).values(changed))
    async with numbered.database.writer.begin() as connection:
        await connection.execute(update(INVOICES).values(pdf_status="failed"))  # its PDF still may


async def test_a_number_series_only_counts_on(numbered: SqlUnitOfWorkFactory) -> None:
    key = SeriesKey(RESELLER, DocumentType.INVOICE, 2026)
    async with numbered.begin(PLATFORM) as begun:
        series = await begun.number_series.lock(key, "RES")
        series.take(date(2026, 1, 31))
        series.link("{}")
        await begun.number_series.save(series)
        await begun.commit()
    backward: tuple[dict[str, Any], ...] = (
        {"next_number": 1},
        {"first_number": 2},
        {"prefix": "SER"},
        {"fiscal_year": 2025},
        {"last_issue_date": date(2026, 1, 30)},
        {"last_issue_date": None},
        {"last_hash": None},
    )
    for change in backward:
        await _refused(numbered, update(NumberSeriesRow).values(change), "number_series_immutable")
    await _refused(numbered, delete(NumberSeriesRow), "number_series_immutable")


async def test_a_series_that_numbered_nothing_may_still_begin_elsewhere(market: SqlUnitOfWorkFactory) -> None:
    """A seller that moves in from another system sets the first number once, before the first use."""
    async with market.begin(PLATFORM) as begun:
        await begun.number_series.lock(SeriesKey(RESELLER, DocumentType.INVOICE, 2026), "RES")
        begins_at = update(NumberSeriesRow).values(first_number=4711, next_number=4711, prefix="NEW")
        assert await begun.transaction.update(begins_at, {}) == 1
        assert await begun.transaction.update(delete(NumberSeriesRow), {}) == 1
        await begun.commit()


async def test_its_state_and_its_pdf_move_on(numbered: SqlUnitOfWorkFactory) -> None:
    async with numbered.begin(PLATFORM) as begun:
        invoice = await begun.invoices.get(INVOICE)
        invoice.document_ready(1, "ab" * 32)
        await begun.invoices.save(invoice)
        await begun.commit()
    async with numbered.begin(PLATFORM) as begun:
        invoice = await begun.invoices.get(INVOICE)
        invoice.void("Sent to the wrong customer.", DEFAULT_START)
        await begun.invoices.save(invoice)
        await begun.commit()
    async with numbered.begin(PLATFORM, read_only=True) as begun:
        kept = await begun.invoices.get(INVOICE)
    assert (kept.status, kept.number, kept.pdf_status) == (InvoiceStatus.VOID, "RES-2026-000001", PdfStatus.READY)
    await _refused(numbered, update(InvoiceRow).values(number="RES-2026-000002"))


async def test_a_draft_is_free(market: SqlUnitOfWorkFactory) -> None:
    async with market.begin(PLATFORM) as begun:
        await begun.invoices.add(_invoice())
        await begun.commit()
    async with market.begin(PLATFORM) as begun:
        draft = await begun.invoices.get(INVOICE)
        draft.edit(lines=(_line(3), _line(2), _line(1)), notes="Thank you")
        await begun.invoices.save(draft)
        await begun.commit()
    async with market.begin(PLATFORM) as begun:
        kept = await begun.invoices.get(INVOICE)
        assert [line.id for line in kept.lines] == ["lin_3", "lin_2", "lin_1"]
        await begun.transaction.update(delete(InvoiceLineRow), {})
        await begun.transaction.update(delete(InvoiceRow), {})
        await begun.commit()


async def test_the_ledger_and_the_revisions_are_append_only(numbered: SqlUnitOfWorkFactory) -> None:
    subscription = SubscriptionId("sub_1")
    async with numbered.begin(PLATFORM) as begun:
        await begun.subscriptions.add(_subscription(subscription))
        await begun.billed_periods.add_many([_entry(subscription)])
        await begun.document_revisions.add(_revision())
        await begun.commit()
    for row, column in ((BilledPeriodRow, "net_cents"), (DocumentRevisionRow, "size")):
        code = f"{row.__tablename__}_append_only"
        await _refused(numbered, update(row).values({column: 1}), code)
        await _refused(numbered, delete(row), code)


def _subscription(subscription_id: SubscriptionId) -> Subscription:
    return Subscription(
        id=subscription_id,
        partner_id=RESELLER,
        tenant_id=OURS,
        service_id="svc_1",  # type: ignore[arg-type]
        plan_id="pln_1",  # type: ignore[arg-type]
        plan_key="scaikey.pro",
        starts_on=date(2026, 1, 31),
        created_at=DEFAULT_START,
    )


def _entry(subscription_id: SubscriptionId) -> BilledPeriod:
    return BilledPeriod(
        subscription_id=subscription_id,
        ordinal=0,
        charge_kind=ChargeKind.RECURRING,
        partner_id=RESELLER,
        tenant_id=OURS,
        period_start=date(2026, 1, 31),
        period_end=date(2026, 2, 28),
        net_cents=19900,
        currency="EUR",
        invoice_id=INVOICE,
        run_id=RunId("run_1"),
        billed_at=DEFAULT_START,
    )


def _revision() -> DocumentRevision:
    return DocumentRevision(
        invoice_id=INVOICE,
        partner_id=RESELLER,
        tenant_id=OURS,
        revision=1,
        object_key="invoices/inv_1/1.pdf",
        sha256="ab" * 32,
        size=4096,
        reason=RevisionReason.FINALIZE,
        html_snapshot="<html></html>",
        template="built-in",
        renderer="weasyprint",
        fonts=(),
        created_at=DEFAULT_START,
    )
