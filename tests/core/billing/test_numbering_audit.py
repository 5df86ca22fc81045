"""The year-end audit: whoever touches a numbered document, or takes one away, is found out."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.chain import ChainLink, ChainWalk, chain_hash, genesis
from scaicontrol_core.billing.draft_input import LineInput
from scaicontrol_core.billing.frozen_document import canonical_json
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus
from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID


@pytest.fixture
async def year(books: Any) -> Any:
    """Five invoices, a day apart, all intact."""
    for day in range(15, 20):
        books.at(2026, 1, day)
        await books.issue(
            LineInput(description="Advice", unit_price_cents="12500", quantity="1.5"),
            LineInput(description="Travel", unit_price_cents="4200"),
            notes="Thank you",
            buyer_reference="PO 12",
            period=Period(date(2026, 1, 1), date(2026, 2, 1)),
        )
    assert await books.faults() == []
    return books


def nth(books: Any, number: int) -> Any:
    """Return the stored invoice of that number, to be tampered with."""
    return next(each for each in books.invoices() if each.sequence == number)


def line_with(row: Any, **changes: Any) -> tuple[Any, ...]:
    first = evolve(row.lines[0], **{name: value for name, value in changes.items() if name != "net_cents"})
    if "net_cents" in changes:
        object.__setattr__(first, "net_cents", changes["net_cents"])
    return (first, *row.lines[1:])


TAMPERINGS: dict[str, Any] = {
    "number": lambda _: "SCAI-2026-000099",
    "issue_date": lambda row: row.issue_date.replace(year=2025),
    "due_date": lambda row: row.due_date.replace(year=2027),
    "invoice_date": lambda _: date(2020, 1, 1),
    "document_type": lambda _: DocumentType.CREDIT_NOTE,
    "currency": lambda _: "USD",
    "notes": lambda _: "Pay to another account",
    "buyer_reference": lambda _: "PO 13",
    "period": lambda _: None,
    "net_cents": lambda row: row.net_cents - 1,
    "tax_cents": lambda row: row.tax_cents + 1,
    "gross_cents": lambda row: row.gross_cents * 10,
    "status": lambda _: InvoiceStatus.DRAFT,
    "voided_at": lambda row: row.finalized_at,
    "chain_hash": lambda _: "0" * 64,
    "frozen_document": lambda row: row.frozen_document.replace("Utrecht", "Haarlem"),
    "lines": lambda row: row.lines[:1],
}
LINE_TAMPERINGS: dict[str, Any] = {
    "description": "Other",
    "quantity": Quantity("2"),
    "unit_price": UnitPrice("1"),
    "unit_code": "HUR",
    "net_cents": 1,
    "period": Period(date(2026, 5, 1), date(2026, 6, 1)),
    "supply_date": date(2020, 1, 1),
    "plan_key": "scaikey.pro",
}


@pytest.mark.parametrize("field", TAMPERINGS)
@pytest.mark.parametrize("number", [1, 3, 5])
async def test_every_stored_field_is_held_to_the_document(year: Any, field: str, number: int) -> None:
    row = nth(year, number)
    name = row.number
    setattr(row, field, TAMPERINGS[field](row))
    accused = {fault for fault, _ in await year.faults()}
    if field == "number":
        assert accused == {"SCAI-2026-000099"}
    elif field == "document_type":  # it left its series: the gap shows
        assert accused
    else:
        assert name in accused


@pytest.mark.parametrize("field", LINE_TAMPERINGS)
async def test_every_field_of_a_line_is_held_to_the_document(year: Any, field: str) -> None:
    row = nth(year, 2)
    row.lines = line_with(row, **{field: LINE_TAMPERINGS[field]})
    assert await year.faults() == [(row.number, "lines contradicts the frozen document")]


@pytest.mark.parametrize("field", ["sequence", "fiscal_year", "seller_id"])
async def test_a_document_moved_to_another_place_leaves_a_hole(year: Any, field: str) -> None:
    row = nth(year, 3)
    setattr(row, field, {"sequence": 33, "fiscal_year": 2025, "seller_id": PartnerId("prt_other")}[field])
    assert ("SCAI-2026-000004", "gap before it: expected sequence 3, found 4") in await year.faults()


@pytest.mark.parametrize("number", range(1, 6))
async def test_every_byte_of_a_document_is_in_the_chain(year: Any, number: int) -> None:
    row = nth(year, number)
    text = row.frozen_document
    for position in range(0, len(text), 7):
        row.frozen_document = text[:position] + chr(ord(text[position]) ^ 1) + text[position + 1 :]
        assert row.number in {fault for fault, _ in await year.faults()}, position
        row.frozen_document = text[:position] + text[position + 1 :]
        assert row.number in {fault for fault, _ in await year.faults()}, position
    row.frozen_document = text
    assert await year.faults() == []


@pytest.mark.parametrize("junk", [None, "", "[]", "17", '"text"', "{}", '{"totals": {}}', "[" * 100_000, "NaN"])
async def test_a_document_that_cannot_be_read_is_named_and_stops_nothing(year: Any, junk: str | None) -> None:
    row, last = nth(year, 2), nth(year, 5)
    row.frozen_document, last.net_cents = junk, 0
    faults = await year.faults()
    assert (row.number, "frozen_document contradicts the frozen document") in faults
    assert (last.number, "net_cents contradicts the frozen document") in faults


async def test_a_document_with_a_hash_to_match_breaks_the_next_link(year: Any) -> None:
    row, before = nth(year, 3), nth(year, 2)
    row.frozen_document = row.frozen_document.replace("Utrecht", "Haarlem")
    row.chain_hash = chain_hash(before.chain_hash, row.frozen_document)
    assert await year.faults() == [
        ("SCAI-2026-000004", "chain hash does not match the frozen document and its predecessor")
    ]


async def test_a_whole_chain_forged_to_its_end_contradicts_the_series(year: Any) -> None:
    nth(year, 3).frozen_document = nth(year, 3).frozen_document.replace("Utrecht", "Haarlem")
    for number in (3, 4, 5):
        row = nth(year, number)
        row.chain_hash = chain_hash(nth(year, number - 1).chain_hash, row.frozen_document)
    assert await year.faults() == [("SCAI-2026-000005", "the series' last hash is not that of its last document")]


@pytest.mark.parametrize("number", [1, 2, 4])
async def test_a_document_taken_away_leaves_a_gap(year: Any, number: int) -> None:
    del year.world.store.tables["invoices"][nth(year, number).id]
    following = f"SCAI-2026-{number + 1:06}"
    assert (following, f"gap before it: expected sequence {number}, found {number + 1}") in await year.faults()


async def test_the_last_ones_taken_away_are_missed_by_the_series(year: Any) -> None:
    for number in (4, 5):
        del year.world.store.tables["invoices"][nth(year, number).id]
    assert await year.faults() == [("SCAI-2026-000003", "the series counts on at 6, its documents at 4")]
    for number in (1, 2, 3):
        del year.world.store.tables["invoices"][nth(year, number).id]
    assert await year.faults() == [("(no document)", "the series counts on at 6, its documents at 1")]


async def test_two_that_changed_places_are_both_found(year: Any) -> None:
    second, third = nth(year, 2), nth(year, 3)
    second.sequence, third.sequence = 3, 2
    accused = {number for number, _ in await year.faults()}
    assert {"SCAI-2026-000002", "SCAI-2026-000003"} <= accused


async def test_dates_that_run_backwards_are_named(year: Any) -> None:
    third = nth(year, 3)
    document = json.loads(third.frozen_document) | {"issue_date": "2026-01-01"}
    third.frozen_document, third.issue_date = canonical_json(document), date(2026, 1, 1)
    assert (third.number, "issue date 2026-01-01 runs back from 2026-01-16") in await year.faults()


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("next_number", 9, "the series counts on at 9, its documents at 6"),
        ("next_number", 3, "the series counts on at 3, its documents at 6"),
        ("last_hash", "f" * 64, "the series' last hash is not that of its last document"),
        ("last_hash", None, "the series' last hash is not that of its last document"),
    ],
)
async def test_the_series_row_is_held_to_its_documents(year: Any, field: str, value: Any, fault: str) -> None:
    ((_, series),) = year.world.store.tables["number_series"].values()
    setattr(series, field, value)
    assert await year.faults() == [("SCAI-2026-000005", fault)]


async def test_a_first_number_turned_back_shows_as_a_gap(year: Any) -> None:
    ((_, series),) = year.world.store.tables["number_series"].values()
    series.first_number = 0
    assert ("SCAI-2026-000001", "gap before it: expected sequence 0, found 1") in await year.faults()


async def test_a_long_series_is_walked_in_pages(books: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaicontrol_core.billing.series_audit._PAGE", 2)
    for _ in range(5):
        await books.issue()
    (audit,) = await books.audit()
    assert (audit.documents, audit.first_number, audit.last_number, audit.faults) == (
        5,
        "SCAI-2026-000001",
        "SCAI-2026-000005",
        (),
    )


async def test_documents_numbered_during_the_audit_are_no_fault(books: Any) -> None:
    await books.issue()
    ((_, before),) = books.world.store.tables["number_series"].values()
    walk = ChainWalk(str(before.key))
    await books.issue()
    async with books.world.work.begin(books.admin, read_only=True) as work:
        for link in await work.invoices.chain(before.key, after=0, limit=10):
            walk.step(link)
    walk.finish(before.next_number, before.last_hash)
    walk.check_counter(3)
    assert walk.faults == []


def test_a_duplicate_is_named() -> None:
    walk = ChainWalk("invoice/2026")
    first = chain_hash(genesis("invoice/2026"), "{}")
    walk.step(ChainLink(1, "A-1", "2026-01-01", "{}", first))
    walk.step(ChainLink(1, "A-1b", "2026-01-01", "{}", chain_hash(first, "{}")))
    assert [(fault.number, fault.fault) for fault in walk.faults] == [
        ("A-1b", "duplicate or out of order: expected sequence 2, found 1")
    ]


async def test_who_audits_what(books: Any) -> None:
    whole = await books.reseller("prt_whole", "WHOLE", billing_model="wholesale")
    passing = await books.reseller("prt_pass", "PASS")
    await books.issue()
    await books.issue(tenant_id=await books.customer("tnt_whole", whole))
    await books.issue(tenant_id=await books.customer("tnt_pass", passing))
    audit = books.world.use(AuditNumbering)
    assert [(each.series.key.seller_id, each.documents, each.faults) for each in await audit(books.admin)] == [
        (OPERATOR_ID, 2, ()),
        (whole, 1, ()),
    ]
    assert [each.documents for each in await audit(books.admin, whole)] == [1]
    own = await audit(Actor.partner_admin("wilma", whole))
    assert [(each.series.key.seller_id, each.documents, each.faults) for each in own] == [(whole, 1, ())]
    assert await audit(Actor.partner_admin("rita", passing)) == ()


async def test_the_operators_series_are_audited_from_the_platform_only(books: Any) -> None:
    passing = await books.reseller("prt_pass", "PASS")
    await books.issue(tenant_id=await books.customer("tnt_pass", passing))
    with pytest.raises(Forbidden):  # from its partner scope the resellers' customers would look like gaps
        await books.world.use(AuditNumbering)(Actor.partner_admin("olga", OPERATOR_ID))
    with pytest.raises(Forbidden):
        await books.world.use(AuditNumbering)(Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN))
