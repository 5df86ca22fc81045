"""Credit notes: what was charged is taken back on paper, in full or in part, never more than was charged."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.draft_input import LineInput
from scaicontrol_core.billing.errors import (
    CreditCharges,
    CreditExceedsInvoice,
    CreditNoteFinal,
    InvoiceCredited,
    InvoiceFullyCredited,
    NotCreditable,
    NotYourSeries,
)
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus
from scaicontrol_core.billing.ports import InvoiceFilter
from scaicontrol_core.billing.use_cases.import_exchange_rates import ImportExchangeRates
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices
from scaicontrol_core.billing.use_cases.preview_credit_note import PreviewCreditNote
from scaicontrol_core.billing.use_cases.summarize_invoices import SummarizeInvoices
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.kernel.errors import CommitUnknown, Forbidden, Invalid, NotFound
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.tax.exchange_rates import ExchangeRate
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.faults import FaultyWork, Killed

ADVICE = LineInput(description="Advice", quantity="3", unit_price_cents="12500")
DISCOUNT = LineInput(description="Discount", quantity="-1", unit_price_cents="5000")
THIRDS = LineInput(description="Calls", quantity="3", unit_price_cents="33.5")


async def credit(books: Any, invoice: Invoice, *lines: LineCredit, reason: str = "Agreed", **ports: Any) -> Invoice:
    """Issue a credit note (without lines: of all that is left) and return it; it keeps the published schema."""
    wanted = NewCreditNote(reason=reason, lines=lines or None)
    issued = await books.world.use(IssueCreditNote, **ports)(books.admin, invoice.id, wanted)

    return issued.credit_note  # type: ignore[no-any-return]


def of(position: int, net_cents: int | None = None, quantity: str | None = None) -> LineCredit:
    return LineCredit(position=position, net_cents=net_cents, quantity=quantity)


def amounts(invoice: Invoice) -> tuple[int, int, int]:
    return invoice.net_cents, invoice.tax_cents, invoice.gross_cents


class TestInFull:
    """Everything that is left."""

    async def test_it_mirrors_the_invoice_and_has_a_number_of_its_own(self, books: Any, validate: Any) -> None:
        invoice = await books.issue(ADVICE, DISCOUNT)
        books.at(2026, 2, 3)
        note = await credit(books, invoice, reason="  Cancelled within the month ")
        validate(note.document)
        assert (note.document_type, note.status, note.number) == (
            DocumentType.CREDIT_NOTE,
            InvoiceStatus.FINALIZED,
            "SCAI-CN-2026-000001",
        )
        assert amounts(note) == tuple(-amount for amount in amounts(invoice))
        document, original = note.document or {}, invoice.document or {}
        assert (document["referenced_number"], document["referenced_issue_date"]) == (invoice.number, "2026-01-15")
        assert (document["reason"], document["issue_date"], document["due_date"]) == (
            "Cancelled within the month",
            "2026-02-03",
            "2026-02-03",
        )
        assert [line["quantity"] for line in document["lines"]] == ["-3", "1"]
        assert [line["original_position"] for line in document["lines"]] == [1, 2]
        assert [line["tax_cents"] for line in document["lines"]] == [-line["tax_cents"] for line in original["lines"]]
        assert document["creditor_reference"] is None

    async def test_the_invoice_keeps_its_status_and_remembers(self, books: Any) -> None:
        invoice = await books.issue(ADVICE)
        note = await credit(books, invoice)
        kept = books.stored(invoice.id)
        assert (kept.status, kept.open_cents, kept.credited.gross_cents) == (
            InvoiceStatus.FINALIZED,
            0,
            invoice.gross_cents,
        )
        assert (kept.credited.note_ids, kept.version) == ((note.id,), invoice.version + 1)
        assert note.referenced_invoice_id == invoice.id
        assert note.open_cents == 0
        assert books.log_of(invoice.id)[-1] == "invoice.credited"
        assert books.log_of(note.id) == ["credit_note.issued"]

    async def test_it_repeats_what_the_invoice_was_decided_on_whatever_became_of_the_buyer(self, books: Any) -> None:
        tenant = await books.customer(
            "tnt_de", country_code="DE", postal_code="40215", vat_number=None, preferred_language="de"
        )
        await books.configure(oss_registered=True)
        invoice = await books.issue(ADVICE, tenant_id=tenant)
        await books.configure(legal_name="Another B.V.", oss_registered=False)
        document, original = (await credit(books, invoice)).document or {}, invoice.document or {}
        for name in ("seller", "buyer", "language", "currency", "buyer_reference", "period_start", "period_end"):
            assert document[name] == original[name]
        (entry,), (frozen,) = document["vat_details"]["entries"], original["vat_details"]["entries"]
        assert entry == frozen | {"taxable_cents": -37500, "amount_cents": -frozen["amount_cents"]}
        assert frozen["treatment"] == "destination"
        for name in ("evidence", "inputs"):
            assert document["vat_details"][name] == original["vat_details"][name]
        assert document["lines"][0]["supply_date"] == original["lines"][0]["supply_date"]

    async def test_a_free_line_is_credited_with_the_rest(self, books: Any) -> None:
        invoice = await books.issue(ADVICE, LineInput(description="Gift", unit_price_cents="0"))
        note = await credit(books, invoice)
        assert [line.net_cents for line in note.lines] == [-37500, 0]
        with pytest.raises(InvoiceFullyCredited):
            await credit(books, invoice)

    async def test_charges_and_discounts_that_cancel_out_are_credited_together(self, books: Any) -> None:
        invoice = await books.issue(ADVICE, LineInput(description="Gift", quantity="-1", unit_price_cents="37500"))
        with pytest.raises(CreditExceedsInvoice):
            await credit(books, invoice, of(1))
        assert amounts(await credit(books, invoice)) == (0, 0, 0)

    async def test_foreign_amounts_are_taken_back_at_the_invoices_own_rate(self, books: Any) -> None:
        for day, worth in ((date(2026, 1, 14), "1.0834"), (date(2026, 2, 2), "1.5")):
            rate = ExchangeRate(day=day, currency="USD", rate=Decimal(worth))
            await books.world.use(ImportExchangeRates)(books.admin, [rate])
            books.at(2026, 2, 3)
        books.at(2026, 1, 15)
        invoice = await books.issue(THIRDS, ADVICE, currency="USD")
        books.at(2026, 2, 3)
        notes = [await credit(books, invoice, of(1, quantity="1")), await credit(books, invoice, of(2, 1))]
        notes.append(await credit(books, invoice))
        whole, parts = (
            [(each.document or {})["vat_accounting"] for each in documents] for documents in ([invoice], notes)
        )
        assert {part["rate"] for part in parts} == {whole[0]["rate"]} == {"1.0834"}
        for name in ("net_cents", "tax_cents", "gross_cents"):
            assert sum(part[name] for part in parts) == -whole[0][name]


class TestInPart:
    """By line, by amount, by quantity, one note after the other."""

    async def test_an_amount_is_one_piece_that_says_of_what(self, books: Any) -> None:
        invoice = await books.issue(ADVICE)
        note = await credit(books, invoice, of(1, net_cents=5000))
        (line,) = (note.document or {})["lines"]
        assert (line["quantity"], line["unit_price_cents"], line["unit_code"], line["net_cents"]) == (
            "-1",
            "5000",
            "C62",
            -5000,
        )
        assert line["description"] == "Advice (50.00 / 375.00 EUR)"
        assert amounts(note) == (-5000, -1050, -6050)
        assert books.stored(invoice.id).open_cents == invoice.gross_cents - 6050

    async def test_a_quantity_is_credited_at_the_lines_own_price(self, books: Any) -> None:
        invoice = await books.issue(ADVICE)
        note = await credit(books, invoice, of(1, quantity="1.5"))
        assert amounts(note) == (-18750, -3938, -22688)
        assert [(str(line.quantity), line.description) for line in note.lines] == [("-1.5", "Advice")]

    async def test_parts_that_round_sum_to_the_line(self, books: Any) -> None:
        """1 × 33.5 is 34, 2 × 33.5 is 67, 3 × 33.5 is 101 (100.5): each part is the difference."""
        invoice = await books.issue(THIRDS)
        parts = [await credit(books, invoice, of(1, quantity="1")) for _ in range(3)]
        assert [part.net_cents for part in parts] == [-34, -33, -34]
        assert [str(part.lines[0].quantity) for part in parts] == ["-1", "-1", "-1"]
        assert parts[1].lines[0].unit_price.cents == Decimal(33)
        assert parts[1].lines[0].description == "Calls (1 / 3: 0.33 / 1.01 EUR)"
        assert sum(part.tax_cents for part in parts) == -invoice.tax_cents

    async def test_the_last_part_takes_what_is_left(self, books: Any) -> None:
        invoice = await books.issue(ADVICE, DISCOUNT)
        first = await credit(books, invoice, of(1, quantity="1"))
        second = await credit(books, invoice, of(1, net_cents=1))
        rest = await credit(books, invoice)
        for name in ("net_cents", "tax_cents", "gross_cents"):
            assert sum(getattr(note, name) for note in (first, second, rest)) == -getattr(invoice, name)
        assert books.stored(invoice.id).credited.note_ids == (first.id, second.id, rest.id)
        with pytest.raises(InvoiceFullyCredited):
            await credit(books, invoice)

    async def test_a_line_is_named_by_its_id_too_and_without_an_amount_means_all_of_it(self, books: Any) -> None:
        invoice = await books.issue(ADVICE, LineInput(description="More", unit_price_cents="100"))
        note = await credit(books, invoice, LineCredit(line_id=invoice.lines[1].id))
        assert amounts(note) == (-100, -21, -121)

    async def test_a_discount_is_taken_back_beside_its_charge(self, books: Any) -> None:
        invoice = await books.issue(ADVICE, DISCOUNT)
        note = await credit(books, invoice, of(1, net_cents=20000), of(2, net_cents=-2000))
        assert note.net_cents == -18000
        assert [(str(line.quantity), line.net_cents) for line in note.lines] == [("-1", -20000), ("1", 2000)]


class TestNeverMoreThanIsLeft:
    """Each refusal spends no number and changes nothing."""

    @pytest.mark.parametrize(
        ("lines", "pointer"),
        [
            ((of(1, net_cents=37501),), "/lines/0/net_cents"),
            ((of(1, quantity="3.000000001"),), "/lines/0/quantity"),
            ((of(1, net_cents=37500), of(2, net_cents=-5001)), "/lines/1/net_cents"),
            ((of(1, net_cents=32501),), "/lines"),
        ],
    )
    async def test_it_names_the_line_and_what_is_left(
        self, books: Any, lines: tuple[LineCredit, ...], pointer: str
    ) -> None:
        invoice = await books.issue(ADVICE, DISCOUNT)
        with pytest.raises(CreditExceedsInvoice) as refused:
            await credit(books, invoice, *lines)
        assert refused.value.code == "credit_exceeds_invoice"
        assert [field.pointer for field in refused.value.fields] == [pointer]
        assert "left" in refused.value.message
        assert books.numbers() == [invoice.number]
        assert books.stored(invoice.id).credited.note_ids == ()

    async def test_amounts_and_quantities_draw_on_the_same_line(self, books: Any) -> None:
        invoice = await books.issue(ADVICE)
        await credit(books, invoice, of(1, net_cents=20000))
        with pytest.raises(CreditExceedsInvoice) as refused:
            await credit(books, invoice, of(1, quantity="2"))
        assert refused.value.fields[0].message == "line 1 has 175.00 EUR (3 units) left"
        await credit(books, invoice, of(1, quantity="1"))
        rest = await credit(books, invoice)
        assert rest.net_cents == -5000

    async def test_a_line_that_is_gone_has_nothing_left(self, books: Any) -> None:
        invoice = await books.issue(ADVICE, ADVICE)
        await credit(books, invoice, of(1))
        with pytest.raises(CreditExceedsInvoice):
            await credit(books, invoice, of(1))

    async def test_what_would_make_the_buyer_owe_more_is_no_credit(self, books: Any) -> None:
        invoice = await books.issue(ADVICE, DISCOUNT)
        with pytest.raises(CreditCharges):
            await credit(books, invoice, of(2))

    @pytest.mark.parametrize(
        ("lines", "code"),
        [
            ((of(9),), "credit_line_unknown"),
            ((LineCredit(line_id="lin_of_somebody_else"),), "credit_line_unknown"),  # type: ignore[arg-type]
            ((of(1, 1), of(1, 1)), "credit_line_repeated"),
            ((of(1, net_cents=-1),), "credit_direction_wrong"),
            ((of(1, quantity="-1"),), "credit_direction_wrong"),
        ],
    )
    async def test_lines_that_make_no_sense(self, books: Any, lines: tuple[LineCredit, ...], code: str) -> None:
        invoice = await books.issue(ADVICE)
        with pytest.raises(Invalid) as refused:
            await credit(books, invoice, *lines)
        assert refused.value.code == code

    @pytest.mark.parametrize(
        "line",
        [
            {},
            {"position": 1, "line_id": "lin_1"},
            {"position": 1, "net_cents": 1, "quantity": "1"},
            {"position": 1, "net_cents": 0},
            {"position": 1, "quantity": "0.0"},
            {"position": 1, "quantity": "many"},
        ],
    )
    def test_a_wish_is_whole_and_one(self, line: dict[str, Any]) -> None:
        with pytest.raises(Invalid):
            LineCredit(**line)

    def test_a_reason_is_mandatory_and_some_line_too(self) -> None:
        with pytest.raises(Invalid) as refused:
            NewCreditNote(reason=" ", lines=())
        assert [field.pointer for field in refused.value.fields] == ["/reason", "/lines"]


class TestWhatIsNotCredited:
    """Each with its own code."""

    async def test_a_draft(self, books: Any) -> None:
        with pytest.raises(NotCreditable) as refused:
            await credit(books, await books.draft())
        assert refused.value.code == "invoice_not_finalized"

    async def test_a_void_invoice(self, books: Any) -> None:
        invoice = await books.issue()
        await books.world.use(VoidInvoice)(books.admin, invoice.id, "Sent twice.")
        with pytest.raises(NotCreditable) as refused:
            await credit(books, invoice)
        assert refused.value.code == "invoice_void"

    async def test_a_credit_note(self, books: Any) -> None:
        note = await credit(books, await books.issue())
        with pytest.raises(NotCreditable) as refused:
            await credit(books, note)
        assert refused.value.code == "not_an_invoice"

    async def test_neither_a_credit_note_nor_its_invoice_is_voided(self, books: Any) -> None:
        invoice = await books.issue()
        note = await credit(books, invoice, of(1, net_cents=1))
        with pytest.raises(CreditNoteFinal):
            await books.world.use(VoidInvoice)(books.admin, note.id, "Typo.")
        with pytest.raises(InvoiceCredited):
            await books.world.use(VoidInvoice)(books.admin, invoice.id, "Typo.")
        assert InvoiceStatus.VOID not in note.allowed_moves()
        assert InvoiceStatus.VOID not in books.stored(invoice.id).allowed_moves()


class TestWhoMay:
    """The seller, or the platform."""

    async def test_a_reseller_credits_its_own_and_nobody_elses(self, books: Any) -> None:
        whole = await books.reseller("prt_wilma", "WIL", billing_model="wholesale")
        hers = await books.customer("tnt_hers", whole)
        invoice, ours = await books.issue(ADVICE, tenant_id=hers), await books.issue(ADVICE)
        wilma = Actor.partner_admin("wilma", whole)
        everything = NewCreditNote(reason="Agreed")
        issued = await books.world.use(IssueCreditNote)(wilma, invoice.id, everything)
        assert issued.credit_note.number == "WIL-CN-2026-000001"
        with pytest.raises(NotFound):
            await books.world.use(IssueCreditNote)(wilma, ours.id, everything)

    async def test_a_partner_that_passes_through_leaves_it_to_the_operator(self, books: Any) -> None:
        through = PartnerId("prt_through")
        await books.world.keep(
            builders.new_partner(
                through, operator=False, name="Through", billing_model="pass_through", invoice_number_prefix="THR"
            )
        )
        tenant = await books.customer("tnt_through", through)
        invoice = await books.issue(ADVICE, tenant_id=tenant)
        assert invoice.seller_id == OPERATOR_ID
        with pytest.raises(NotYourSeries):
            await books.world.use(IssueCreditNote)(
                Actor.partner_admin("paul", through), invoice.id, NewCreditNote(reason="Agreed")
            )
        assert (await credit(books, invoice)).number == "SCAI-CN-2026-000001"

    async def test_a_buyer_may_not_but_sees_it(self, books: Any) -> None:
        invoice = await books.issue(ADVICE)
        tom = Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
        for use_case in (IssueCreditNote, PreviewCreditNote):
            with pytest.raises(Forbidden):
                await books.world.use(use_case)(tom, invoice.id, NewCreditNote(reason="Agreed"))
        note = await credit(books, invoice)
        wanted = InvoiceFilter(document_type=DocumentType.CREDIT_NOTE)
        seen = await books.world.use(ListInvoices)(tom, wanted, PageRequest())
        assert [each.number for each in seen.items] == [note.number]
        of_it = await books.world.use(ListInvoices)(tom, InvoiceFilter(referenced_invoice_id=invoice.id), PageRequest())
        assert [each.id for each in of_it.items] == [note.id]


class TestBooks:
    """Series, chain, sums, races."""

    async def test_the_series_of_credit_notes_is_walked_as_any_other(self, books: Any) -> None:
        invoices = [await books.issue(ADVICE) for _ in range(3)]
        for invoice in invoices:
            await credit(books, invoice, of(1, net_cents=100))
            await credit(books, invoice)
        assert books.numbers()[:6] == [f"SCAI-2026-{count:06d}" for count in (1, 2, 3)] + [
            f"SCAI-CN-2026-{count:06d}" for count in (1, 2, 3)
        ]
        audits = {str(each.series.key): each for each in await books.audit()}
        assert (audits["credit_note/2026"].documents, await books.faults()) == (6, [])

    @pytest.mark.parametrize(
        ("field", "value"), [("reason", "Another"), ("referenced_invoice_id", None), ("net_cents", -1)]
    )
    async def test_an_auditor_sees_a_note_that_was_touched(
        self, books: Any, field: str, value: Any, set_up_by_hand: None
    ) -> None:
        note = await credit(books, await books.issue(ADVICE))
        setattr(books.stored(note.id), field, value)
        assert await books.faults() == [(note.number, f"{field} contradicts the frozen document")]

    async def test_sums_are_net_of_credit_notes(self, books: Any) -> None:
        await credit(books, await books.issue(ADVICE))
        await books.issue(ADVICE)
        summary = await books.world.use(SummarizeInvoices)(books.admin)
        assert (summary.invoices, summary.credit_notes) == (2, 1)
        assert (summary.net_cents, summary.tax_cents, summary.gross_cents) == (37500, 7875, 45375)

    async def test_a_preview_spends_nothing(self, books: Any) -> None:
        invoice = await books.issue(ADVICE)
        wanted = NewCreditNote(reason="Agreed", lines=(of(1, quantity="1"),))
        document = await books.world.use(PreviewCreditNote)(books.admin, invoice.id, wanted)
        assert (document.number, document.totals.gross_cents) == ("", -15125)
        assert books.numbers() == [invoice.number]
        assert (await credit(books, invoice)).number == "SCAI-CN-2026-000001"

    async def test_whoever_comes_second_gets_what_is_left_or_is_refused(self, books: Any) -> None:
        invoice = await books.issue(ADVICE)

        async def somebody_else(commit: int) -> None:
            if commit == 1:
                await credit(books, invoice, of(1, net_cents=30000))

        work = FaultyWork(books.world.work, meanwhile=somebody_else)
        rest = await credit(books, invoice, work=work)
        assert (rest.net_cents, rest.number) == (-7500, "SCAI-CN-2026-000002")
        assert await books.faults() == []

    async def test_two_that_want_the_same_rest(self, books: Any) -> None:
        invoice = await books.issue(ADVICE)

        async def somebody_else(commit: int) -> None:
            if commit == 1:
                await credit(books, invoice, of(1, net_cents=30000))

        work = FaultyWork(books.world.work, meanwhile=somebody_else)
        with pytest.raises(CreditExceedsInvoice):
            await credit(books, invoice, of(1, net_cents=30000), work=work)
        assert len(books.numbers()) == 2

    async def test_a_commit_that_nobody_answered_is_looked_up(self, books: Any) -> None:
        invoice = await books.issue(ADVICE)
        done = await credit(books, invoice, of(1, net_cents=100), work=FaultyWork(books.world.work, lose_after=1))
        assert done.number == "SCAI-CN-2026-000001"
        with pytest.raises(CommitUnknown):
            await credit(books, invoice, work=FaultyWork(books.world.work, lose_before=1))
        with pytest.raises(Killed):
            await credit(books, invoice, work=FaultyWork(books.world.work, kill_before=1))
        assert books.stored(invoice.id).credited.note_ids == (done.id,)
        assert (await credit(books, invoice)).number == "SCAI-CN-2026-000002"
