"""Drafts: written, changed, put in order, thrown away; never a legal document."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.audit.subject import INVOICE
from scaicontrol_core.audit.use_cases.read_history import ReadHistory
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.invoice import MAX_LINES
from scaicontrol_core.billing.lifecycle import InvoiceStatus
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.edit_draft import EditDraft
from scaicontrol_core.billing.use_cases.get_invoice import GetInvoice
from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices
from scaicontrol_core.billing.use_cases.order_lines import OrderLines
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.kernel.errors import Forbidden, Invalid, InvalidTransition, NotFound, Refused, Stale
from scaicontrol_core.kernel.ids import LineId, PartnerId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID

BUYER = Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
FEBRUARY = Period(date(2026, 2, 1), date(2026, 3, 1))


# -- writing -----------------------------------------------------------------------------------


async def test_a_draft_has_lines_and_a_net_sum_and_nothing_legal(books: Any) -> None:
    draft = await books.draft(
        LineInput(description="Advice", quantity="2.5", unit_price_cents="12500", unit_code="HUR"),
        LineInput(description="Calls", quantity="1234", unit_price_cents="3", price_divisor=10),
        notes="  Thank you.  ",
        period=FEBRUARY,
    )
    stored = books.stored(draft.id)
    assert (stored.status, stored.number, stored.issue_date, stored.document) == (InvoiceStatus.DRAFT, None, None, None)
    assert [line.net_cents for line in stored.lines] == [31250, 370]
    assert (stored.net_cents, stored.currency, stored.notes) == (31620, "EUR", "Thank you.")
    assert books.log_of(draft.id) == ["invoice.drafted"]


async def test_an_empty_draft_may_wait_for_its_lines(books: Any) -> None:
    draft = await books.world.use(DraftInvoice)(books.admin, TENANT_ID, DraftInput())
    assert (draft.lines, draft.net_cents) == ((), 0)


async def test_a_credit_line_has_a_negative_quantity(books: Any) -> None:
    draft = await books.draft(
        LineInput(description="Plan", unit_price_cents="19900"),
        LineInput(description="Outage", quantity="-0.5", unit_price_cents="19900"),
    )
    assert draft.net_cents == 9950


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"description": "  "}, "/lines/1/description", "required"),
        ({"description": "x" * 1001}, "/lines/1/description", "text_too_long"),
        ({"description": "bell\x07"}, "/lines/1/description", "text_invalid"),
        ({"description": "half a \ud83d"}, "/lines/1/description", "text_invalid"),
        ({"quantity": "three"}, "/lines/1/quantity", "decimal_invalid"),
        ({"quantity": "1.0000000001"}, "/lines/1/quantity", "decimal_invalid"),
        ({"quantity": "NaN"}, "/lines/1/quantity", "decimal_invalid"),
        ({"quantity": "999999999999999999", "unit_price_cents": "99999"}, "/lines/1/quantity", "amount_too_large"),
        ({"unit_price_cents": ""}, "/lines/1/unit_price_cents", "decimal_invalid"),
        ({"unit_price_cents": "-1"}, "/lines/1/unit_price_cents", "price_negative"),
        ({"price_divisor": 0}, "/lines/1/price_divisor", "number_invalid"),
        ({"price_divisor": 10**12}, "/lines/1/price_divisor", "number_invalid"),
        ({"unit_code": "hour"}, "/lines/1/unit_code", "unit_invalid"),
    ],
)
async def test_a_wrong_line_names_its_field(books: Any, wrong: dict[str, Any], pointer: str, code: str) -> None:
    fine = LineInput(description="Fine", unit_price_cents="100")
    typed = LineInput(**({"description": "Wrong", "unit_price_cents": "100"} | wrong))
    with pytest.raises(Invalid) as refused:
        await books.draft(fine, typed)
    assert ([field.pointer for field in refused.value.fields], refused.value.code) == ([pointer], code)
    assert books.invoices() == []


async def test_all_wrong_lines_are_named_at_once(books: Any) -> None:
    with pytest.raises(Invalid) as refused:
        await books.draft(
            LineInput(description="", unit_price_cents="1"), LineInput(description="x", unit_price_cents="dear")
        )
    assert [field.pointer for field in refused.value.fields] == ["/lines/0/description", "/lines/1/unit_price_cents"]


async def test_there_are_at_most_a_thousand_lines(books: Any) -> None:
    line = LineInput(description="x", unit_price_cents="1")
    with pytest.raises(Invalid) as refused:
        await books.draft(*[line] * (MAX_LINES + 1))
    assert refused.value.code == "too_many_lines"
    assert len((await books.draft(*[line] * MAX_LINES)).lines) == MAX_LINES


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"currency": "EURO"}, "/currency"),
        ({"notes": "x" * 4001}, "/notes"),
        ({"buyer_reference": "x" * 101}, "/buyer_reference"),
        ({"invoice_date": date(2026, 2, 2), "due_date": date(2026, 2, 1)}, "/due_date"),
    ],
)
def test_a_wrong_field_is_named(wrong: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        DraftInput(**wrong)
    assert [field.pointer for field in refused.value.fields] == [pointer]


async def test_a_draft_is_for_somebody_we_know(books: Any) -> None:
    with pytest.raises(NotFound):
        await books.draft(tenant_id=TenantId("tnt_nobody"))


# -- changing ----------------------------------------------------------------------------------


async def test_only_the_given_fields_change(books: Any) -> None:
    draft = await books.draft(notes="First", buyer_reference="PO 12")
    changed = await books.edit(draft.id, notes="Second")
    assert (changed.notes, changed.buyer_reference, changed.lines) == ("Second", "PO 12", draft.lines)
    emptied = await books.edit(draft.id, buyer_reference=None)
    assert (emptied.notes, emptied.buyer_reference) == ("Second", None)
    assert books.log_of(draft.id) == ["invoice.drafted", "invoice.edited", "invoice.edited"]


async def test_lines_are_replaced_as_a_whole(books: Any) -> None:
    draft = await books.draft()
    changed = await books.edit(draft.id, lines=(LineInput(description="Less", unit_price_cents="1000"),))
    assert ([line.description for line in changed.lines], changed.net_cents) == (["Less"], 1000)


async def test_the_log_knows_before_and_after(books: Any) -> None:
    draft = await books.draft(due_date=date(2026, 2, 1))
    await books.edit(draft.id, due_date=date(2026, 3, 1), period=FEBRUARY)
    entry = books.world.store.audit[-1]
    assert entry.details["changes"]["due_date"] == {"before": "2026-02-01", "after": "2026-03-01"}
    assert entry.details["changes"]["period"]["after"] == {"start": "2026-02-01", "end": "2026-03-01"}


async def test_an_edit_that_changes_nothing_is_not_written(books: Any) -> None:
    draft = await books.draft(notes="Same")
    same = await books.edit(draft.id, notes="Same")
    assert same.version == draft.version
    assert books.log_of(draft.id) == ["invoice.drafted"]


async def test_a_currency_cannot_be_taken_away(books: Any) -> None:
    draft = await books.draft()
    assert (await books.edit(draft.id, currency=None)).currency == "EUR"
    assert (await books.edit(draft.id, currency="usd")).currency == "USD"


async def test_who_edits_an_old_copy_is_told(books: Any) -> None:
    draft = await books.draft()
    await books.edit(draft.id, notes="Mine")
    with pytest.raises(Stale):
        await books.edit(draft.id, notes="Yours", expected_version=draft.version)
    assert (await books.edit(draft.id, notes="Yours", expected_version=draft.version + 1)).notes == "Yours"


async def test_a_due_date_never_lies_before_the_invoice_date(books: Any) -> None:
    draft = await books.draft(invoice_date=date(2026, 1, 10), due_date=date(2026, 1, 20))
    for wrong in ({"due_date": date(2026, 1, 9)}, {"invoice_date": date(2026, 1, 21)}):
        with pytest.raises(Invalid) as refused:
            await books.edit(draft.id, **wrong)
        assert refused.value.code == "due_date_invalid"
    assert (books.stored(draft.id).invoice_date, books.stored(draft.id).due_date) == (
        date(2026, 1, 10),
        date(2026, 1, 20),
    )


async def test_an_unknown_field_changes_nothing_at_all(books: Any) -> None:
    draft = await books.draft(notes="Mine")
    with pytest.raises(Invalid) as refused:
        draft.edit(notes="Yours", number="SCAI-2026-999999")
    assert (refused.value.code, draft.notes) == ("field_unknown", "Mine")


# -- the order of lines ------------------------------------------------------------------------


def described(*texts: str) -> tuple[LineInput, ...]:
    return tuple(LineInput(description=text, unit_price_cents="100") for text in texts)


async def test_lines_stand_in_the_order_somebody_gives_them(books: Any) -> None:
    draft = await books.draft(*described("a", "b", "c"))
    order = [draft.lines[index].id for index in (2, 0, 1)]
    await books.world.use(OrderLines)(books.admin, draft.id, order)
    assert [line.description for line in books.stored(draft.id).lines] == ["c", "a", "b"]


@pytest.mark.parametrize("picks", [(0, 1), (0, 1, 1), (0, 1, 2, 2)])
async def test_every_line_is_named_once(books: Any, picks: tuple[int, ...]) -> None:
    draft = await books.draft(*described("a", "b", "c"))
    with pytest.raises(Invalid) as refused:
        await books.world.use(OrderLines)(books.admin, draft.id, [draft.lines[index].id for index in picks])
    assert (refused.value.code, refused.value.fields[0].pointer) == ("line_order_invalid", "/line_ids")


async def test_a_line_of_another_draft_cannot_slip_in(books: Any) -> None:
    draft = await books.draft(*described("a"))
    with pytest.raises(Invalid):
        await books.world.use(OrderLines)(books.admin, draft.id, [LineId("lin_foreign")])


async def test_sorting_by_the_dates_that_descriptions_begin_with(books: Any) -> None:
    draft = await books.draft(
        *described("no date", "31-12-2026 late", "30-02-2026 no such day", " 01-02-2026 early", "01-02-2026 too")
    )
    await books.world.use(OrderLines)(books.admin, draft.id)
    assert [line.description for line in books.stored(draft.id).lines] == [
        "01-02-2026 early",
        "01-02-2026 too",
        "31-12-2026 late",
        "no date",
        "30-02-2026 no such day",
    ]
    await books.world.use(OrderLines)(books.admin, draft.id)
    assert books.log_of(draft.id) == ["invoice.drafted", "invoice.edited"]


# -- voiding -----------------------------------------------------------------------------------


async def test_a_voided_draft_never_had_a_number(books: Any) -> None:
    draft = await books.draft()
    voided, warning = await books.world.use(VoidInvoice)(books.admin, draft.id, "written by mistake")
    assert (voided.status, voided.number, voided.void_reason) == (InvoiceStatus.VOID, None, "written by mistake")
    assert (voided.voided_at, warning) == (books.world.clock.now(), None)
    with pytest.raises(InvalidTransition):
        await books.finalize(draft.id)
    with pytest.raises(InvalidTransition):
        await books.world.use(VoidInvoice)(books.admin, draft.id, "again")
    with pytest.raises(Refused) as refused:
        await books.edit(draft.id, notes="too late")
    assert refused.value.code == "invoice_immutable"


async def test_a_voided_invoice_keeps_its_number_and_warns(books: Any) -> None:
    issued = await books.issue()
    voided, warning = await books.world.use(VoidInvoice)(books.admin, issued.id, "wrong customer")
    assert (voided.number, voided.frozen_document) == (issued.number, issued.frozen_document)
    assert warning is not None
    assert "credit note" in warning
    assert await books.faults() == []
    assert (await books.issue()).number == "SCAI-2026-000002"


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
async def test_voiding_takes_a_reason(books: Any, reason: str) -> None:
    draft = await books.draft()
    with pytest.raises(Invalid) as refused:
        await books.world.use(VoidInvoice)(books.admin, draft.id, reason)
    assert refused.value.fields[0].pointer == "/reason"
    assert books.stored(draft.id).status is InvoiceStatus.DRAFT


# -- immutability ------------------------------------------------------------------------------

CHANGES: dict[str, Any] = {
    "lines": (LineInput(description="Other", unit_price_cents="1"),),
    "currency": "USD",
    "period": FEBRUARY,
    "notes": "Other",
    "buyer_reference": "Other",
    "invoice_date": date(2026, 1, 1),
    "due_date": date(2026, 12, 31),
}


@pytest.mark.parametrize("field", CHANGES)
async def test_nothing_of_a_numbered_document_can_be_edited(books: Any, field: str) -> None:
    issued = await books.issue()
    before = books.stored(issued.id)
    with pytest.raises(Refused) as refused:
        await books.edit(issued.id, **{field: CHANGES[field]})
    assert refused.value.code == "invoice_immutable"
    assert "credit note" in (refused.value.hint or "")
    assert books.stored(issued.id) is before


async def test_nor_the_order_of_its_lines(books: Any) -> None:
    issued = await books.issue(*described("b", "a"))
    for order in (None, [line.id for line in reversed(issued.lines)]):
        with pytest.raises(Refused) as refused:
            await books.world.use(OrderLines)(books.admin, issued.id, order)
        assert refused.value.code == "invoice_immutable"


# -- who sees and writes what ------------------------------------------------------------------


async def test_a_buyer_sees_invoices_and_no_drafts(books: Any, everything: PageRequest) -> None:
    draft, issued = await books.draft(), await books.issue()
    assert (await books.world.use(GetInvoice)(BUYER, issued.id)).number == issued.number
    with pytest.raises(NotFound) as missing:
        await books.world.use(GetInvoice)(BUYER, draft.id)
    assert missing.value.code == "invoice_not_found"
    shown = await books.world.use(ListInvoices)(BUYER, InvoiceFilter(), everything)
    assert [each.id for each in shown.items] == [issued.id]
    asked_for_drafts = await books.world.use(ListInvoices)(BUYER, InvoiceFilter(issued=False), everything)
    assert [each.id for each in asked_for_drafts.items] == [issued.id]
    both = await books.world.use(ListInvoices)(books.admin, InvoiceFilter(), everything)
    assert {each.id for each in both.items} == {draft.id, issued.id}


async def test_a_reseller_that_passes_through_reads_but_never_writes(books: Any, everything: PageRequest) -> None:
    reseller = await books.reseller("prt_pass", "PASS")
    tenant = await books.customer("tnt_theirs", reseller)
    draft = await books.draft(tenant_id=tenant)
    rita = Actor.partner_admin("rita", reseller)
    assert (await books.world.use(GetInvoice)(rita, draft.id)).seller_id == OPERATOR_ID
    for verb in (
        books.world.use(DraftInvoice)(rita, tenant, DraftInput()),
        books.world.use(EditDraft)(rita, draft.id, DraftInput(notes="x", given=frozenset({"notes"}))),
        books.world.use(OrderLines)(rita, draft.id),
        books.world.use(VoidInvoice)(rita, draft.id, "mine"),
    ):
        with pytest.raises(Forbidden) as refused:
            await verb
        assert refused.value.code == "not_your_series"
    assert len((await books.world.use(ListInvoices)(rita, InvoiceFilter(), everything)).items) == 1


async def test_a_wholesale_reseller_writes_in_its_own_name(books: Any) -> None:
    reseller = await books.reseller("prt_whole", "WHOLE", billing_model="wholesale")
    tenant = await books.customer("tnt_theirs", reseller)
    rita = Actor.partner_admin("rita", reseller)
    draft = await books.world.use(DraftInvoice)(rita, tenant, DraftInput())
    assert (draft.seller_id, draft.partner_id) == (reseller, reseller)


STRANGERS = (
    Actor.tenant_user("mallory", TenantId("tnt_other"), OPERATOR_ID, Role.TENANT_ADMIN),
    Actor.partner_admin("rita", PartnerId("prt_stranger")),
)


@pytest.mark.parametrize("stranger", STRANGERS, ids=["tenant", "partner"])
async def test_a_strangers_invoice_is_not_there(books: Any, stranger: Actor, everything: PageRequest) -> None:
    issued = await books.issue()
    verbs = [books.world.use(GetInvoice)(stranger, issued.id)]
    if stranger.scope.partner_id == "prt_stranger":
        verbs += [
            books.world.use(EditDraft)(stranger, issued.id, DraftInput()),
            books.world.use(OrderLines)(stranger, issued.id),
            books.world.use(VoidInvoice)(stranger, issued.id, "mine"),
            books.world.use(ReadHistory)(stranger, INVOICE, issued.id, everything),
            books.world.use(DraftInvoice)(stranger, TENANT_ID, DraftInput()),
        ]
    for verb in verbs:
        with pytest.raises(NotFound):
            await verb
    assert (await books.world.use(ListInvoices)(stranger, InvoiceFilter(), everything)).items == ()


async def test_nobody_does_what_they_may_not(books: Any, everything: PageRequest) -> None:
    draft = await books.draft()
    visitor = Actor.tenant_user("vera", TENANT_ID, OPERATOR_ID)
    for verb in (
        books.world.use(GetInvoice)(visitor, draft.id),
        books.world.use(ListInvoices)(visitor, InvoiceFilter(), everything),
        books.world.use(DraftInvoice)(BUYER, TENANT_ID, DraftInput()),
        books.world.use(EditDraft)(BUYER, draft.id, DraftInput()),
        books.world.use(OrderLines)(BUYER, draft.id),
        books.world.use(VoidInvoice)(BUYER, draft.id, "mine"),
        books.world.use(ReadHistory)(BUYER, INVOICE, draft.id, everything),
    ):
        with pytest.raises(Forbidden):
            await verb


async def test_a_history_is_newest_first(books: Any, everything: PageRequest) -> None:
    issued = await books.issue()
    history = await books.world.use(ReadHistory)(books.admin, INVOICE, issued.id, everything)
    assert [entry.action for entry in history.items] == ["invoice.finalized", "invoice.drafted"]


def test_a_line_is_cleaned_and_counted_once() -> None:
    line = InvoiceLine(id=LineId("lin_1"), description=" x ", quantity=Quantity("0.005"), unit_price=UnitPrice("100"))
    assert (line.description, line.net_cents) == ("x", 1)  # half a cent, away from zero


@pytest.mark.parametrize("name", ["invoice_date", "due_date"])
@pytest.mark.parametrize("day", [date.max, date.min])
def test_a_date_at_the_edge_of_the_calendar_is_refused(name: str, day: date) -> None:
    typed: dict[str, Any] = {name: day}
    with pytest.raises(Invalid) as refusal:
        DraftInput(**typed)
    assert (refusal.value.code, refusal.value.fields[0].pointer) == ("date_invalid", f"/{name}")
