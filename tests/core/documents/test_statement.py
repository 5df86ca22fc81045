"""Statements of account: opening balance, what happened, closing balance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.credit_note import NewCreditNote
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.documents.ports import RenderedHtml
from scaicontrol_core.documents.statement import EntryKind, StatementEntry, StatementPeriod, accounts_of, entries_of
from scaicontrol_core.documents.statement_context import statement_context
from scaicontrol_core.documents.use_cases.render_statement import RenderStatement
from scaicontrol_core.documents.use_cases.state_account import StateAccount
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, PaymentId, TenantId
from scaicontrol_core.payments.lifecycle import PaymentKind, PaymentMethod, PaymentStatus
from scaicontrol_core.payments.payment import Payment
from scaicontrol_core.testing import MemoryWorld
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.objects import MemoryObjects

ADMIN = Actor.system("accounts")
BUYER = Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
YEAR = StatementPeriod(first=date(2026, 1, 1), last=date(2026, 12, 31))
AMSTERDAM = "Europe/Amsterdam"


def document(number: str, day: date, gross_cents: int, **changes: Any) -> Invoice:
    """Return the header of a numbered document."""
    facts: dict[str, Any] = {
        "id": InvoiceId(f"inv_{number}"),
        "partner_id": PartnerId("prt_1"),
        "tenant_id": TenantId("tnt_1"),
        "seller_id": PartnerId("prt_1"),
        "currency": "EUR",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "status": InvoiceStatus.SENT,
        "number": number,
        "issue_date": day,
        "due_date": day + timedelta(days=14),
        "gross_cents": gross_cents,
    }
    return Invoice(**(facts | changes))


def entries(*documents: Invoice) -> list[StatementEntry]:
    return [entry for each in documents for entry in entries_of(each, (), AMSTERDAM)]


def moved(invoice: Invoice, kind: PaymentKind, amount_cents: int, day: date) -> Payment:
    """Return money that moved for an invoice."""
    return Payment(
        id=PaymentId(f"pmt_{kind}"),
        partner_id=invoice.partner_id,
        tenant_id=invoice.tenant_id,
        seller_id=invoice.seller_id,
        invoice_id=invoice.id,
        kind=kind,
        method=PaymentMethod.CARD,
        amount_cents=amount_cents,
        currency=invoice.currency,
        received_on=day,
        created_at=invoice.created_at,
        status=PaymentStatus.SUCCEEDED,
    )


def test_an_invoice_paid_and_one_credited_leave_nothing() -> None:
    paid = document("1", date(2026, 1, 5), 12_100)
    payment = moved(paid, PaymentKind.PAYMENT, 12_100, date(2026, 1, 20))
    open_one = document("2", date(2026, 2, 5), 5_000)
    note = document("C1", date(2026, 2, 9), -5_000, document_type=DocumentType.CREDIT_NOTE)
    (account,) = accounts_of([*entries_of(paid, [payment], AMSTERDAM), *entries(open_one, note)], YEAR, currency="EUR")
    assert [(each.kind.value, each.amount_cents) for each in account.entries] == [
        ("invoice", 12_100),
        ("payment", -12_100),
        ("invoice", 5_000),
        ("credit_note", -5_000),
    ]
    assert account.balances == (12_100, 0, 5_000, 0)
    assert (account.charged_cents, account.settled_cents, account.closing_cents) == (17_100, 17_100, 0)


def test_what_was_before_opens_the_balance_and_what_comes_after_is_not_known_yet() -> None:
    before, within, after = (document(str(month), date(2026, month, 10), 1_000) for month in (1, 2, 3))
    february = StatementPeriod(first=date(2026, 2, 1), last=date(2026, 2, 28))
    (account,) = accounts_of(entries(before, within, after), february, currency="EUR")
    assert (account.opening_cents, [each.number for each in account.entries], account.closing_cents) == (
        1_000,
        ["2"],
        2_000,
    )


def test_what_was_paid_in_parts_refunded_and_charged_back_is_told_one_by_one() -> None:
    invoice, at = document("1", date(2026, 1, 5), 100), date(2026, 2, 1)
    failed = moved(invoice, PaymentKind.PAYMENT, 100, date(2026, 1, 30))
    failed.status = PaymentStatus.FAILED
    money = (
        moved(invoice, PaymentKind.PAYMENT, 150, at),
        moved(invoice, PaymentKind.REFUND, 50, at),
        moved(invoice, PaymentKind.CHARGEBACK, 100, at),
        failed,
    )
    (account,) = accounts_of(entries_of(invoice, money, AMSTERDAM), YEAR, currency="EUR")
    assert [(each.kind.value, each.amount_cents) for each in account.entries] == [
        ("invoice", 100),
        ("payment", -150),
        ("refund", 50),
        ("chargeback", 100),
    ]
    assert account.balances == (100, -50, 0, 100)


def test_a_voided_invoice_is_charged_and_taken_back() -> None:
    gone = document("1", date(2026, 1, 5), 100, status=InvoiceStatus.VOID, voided_at=datetime(2026, 3, 1, tzinfo=UTC))
    assert [(each.kind, each.amount_cents) for each in entries_of(gone, (), AMSTERDAM)] == [
        (EntryKind.INVOICE, 100),
        (EntryKind.CANCELLATION, -100),
    ]


def test_each_currency_has_its_own_account() -> None:
    dollars = document("1", date(2026, 1, 5), 100, currency="USD")
    accounts = accounts_of(entries(dollars, document("2", date(2026, 1, 6), 200)), YEAR, currency="EUR")
    assert [(each.currency, each.closing_cents) for each in accounts] == [("EUR", 200), ("USD", 100)]
    assert [each.currency for each in accounts_of([], YEAR, currency="EUR")] == ["EUR"]


days = st.dates(date(2025, 1, 1), date(2027, 12, 31))
moves = st.builds(
    StatementEntry,
    day=days,
    kind=st.sampled_from(EntryKind),
    number=st.sampled_from("ABC"),
    currency=st.just("EUR"),
    amount_cents=st.integers(-(10**9), 10**9),
)


@given(st.lists(moves, max_size=30), days)
def test_a_period_cut_in_two_closes_where_the_whole_one_does(all_moves: list[StatementEntry], cut: date) -> None:
    first, last = date(2024, 12, 31), date(2028, 1, 1)
    (whole,) = accounts_of(all_moves, StatementPeriod(first=first, last=last), currency="EUR")
    (early,) = accounts_of(all_moves, StatementPeriod(first=first, last=cut), currency="EUR")
    (late,) = accounts_of(all_moves, StatementPeriod(first=cut + timedelta(days=1), last=last), currency="EUR")
    assert early.closing_cents == late.opening_cents
    assert late.closing_cents == whole.closing_cents == sum(each.amount_cents for each in all_moves)
    assert {*early.entries, *late.entries} == set(whole.entries)
    assert (*early.balances, *late.balances) == whole.balances


def test_a_period_ends_after_it_begins() -> None:
    with pytest.raises(Invalid) as refused:
        StatementPeriod(first=date(2026, 2, 1), last=date(2026, 1, 31))
    assert refused.value.code == "period_invalid"


async def test_a_customer_reads_its_account_and_no_drafts() -> None:
    world = await MemoryWorld.with_one_customer()
    line = LineInput(description="Advice", unit_price_cents="10000")
    drafts = [await world.use(DraftInvoice)(ADMIN, TENANT_ID, DraftInput(lines=(line,))) for _ in range(3)]
    for draft in drafts[:2]:
        await world.use(FinalizeInvoice)(ADMIN, draft.id)
    await world.use(VoidInvoice)(ADMIN, drafts[1].id, "typed twice")
    statement = await world.use(StateAccount)(BUYER, TENANT_ID)
    assert statement.period.first == date(statement.issue_date.year, 1, 1)
    (account,) = statement.accounts
    assert [each.kind.value for each in account.entries] == ["invoice", "invoice", "cancellation"]
    assert account.closing_cents == 12_100
    shown = statement_context(statement.to_dict())
    assert [entry.balance.minor for entry in shown.accounts[0].entries] == list(account.balances)


async def test_a_credit_note_takes_its_part_of_the_balance_back() -> None:
    world = await MemoryWorld.with_one_customer()
    line = LineInput(description="Advice", unit_price_cents="10000")
    draft = await world.use(DraftInvoice)(ADMIN, TENANT_ID, DraftInput(lines=(line,)))
    issued = await world.use(FinalizeInvoice)(ADMIN, draft.id)
    await world.use(IssueCreditNote)(ADMIN, issued.id, NewCreditNote(reason="Cancelled"))
    (account,) = (await world.use(StateAccount)(BUYER, TENANT_ID)).accounts
    assert [(each.kind.value, each.amount_cents) for each in account.entries] == [
        ("invoice", 12_100),
        ("credit_note", -12_100),
    ]


class Typist:
    """A renderer that writes down what it was given."""

    async def render_html(self, document: Mapping[str, Any], **_: Any) -> RenderedHtml:
        """Return the kind of document and its balances."""
        closing = [account["closing_cents"] for account in document["accounts"]]
        return RenderedHtml(f"{document['document_type']} {closing}", "typist 1", (), "built-in")

    async def render_pdf(self, html: str, document_key: str, *_: Any) -> bytes:
        """Return them with the key."""
        return f"{document_key}: {html}".encode()


async def test_an_account_on_paper_is_made_anew_and_kept_nowhere() -> None:
    objects = MemoryObjects()
    world = await MemoryWorld.with_one_customer(renderer=Typist(), objects=objects)
    pdf = await world.use(RenderStatement)(BUYER, TENANT_ID, date(2026, 1, 1), date(2026, 3, 31))
    assert pdf.name == "statement-2026-01-01-2026-03-31"
    assert pdf.content == f"statements/{TENANT_ID}/{pdf.name}: statement [0]".encode()
    assert objects.contents == {}
    with pytest.raises(Forbidden):
        await world.use(RenderStatement)(Actor.tenant_user("vera", TENANT_ID, OPERATOR_ID), TENANT_ID)


async def test_who_may_read_an_account() -> None:
    world = await MemoryWorld.with_one_customer()
    stranger = Actor.tenant_user("mallory", TenantId("tnt_other"), OPERATOR_ID, Role.TENANT_ADMIN)
    with pytest.raises(NotFound):
        await world.use(StateAccount)(stranger, TENANT_ID)
    with pytest.raises(Forbidden):
        await world.use(StateAccount)(Actor.tenant_user("vera", TENANT_ID, OPERATOR_ID), TENANT_ID)
    with pytest.raises(Invalid):
        await world.use(StateAccount)(ADMIN, TENANT_ID, date(2026, 2, 1), date(2026, 1, 1))
