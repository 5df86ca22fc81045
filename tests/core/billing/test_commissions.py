"""What partners earn by sales in the operator's name, month by month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.commissions.entry import commission_of
from scaicontrol_core.billing.commissions.errors import NoCommissions
from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.draft_input import LineInput
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.list_commissions import ListCommissions
from scaicontrol_core.billing.use_cases.read_commissions import ReadCommissions
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.documents.ports import RenderedHtml
from scaicontrol_core.documents.use_cases.render_commissions import RenderCommissions
from scaicontrol_core.kernel.errors import Forbidden, NotFound
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.testing.builders import OPERATOR_ID
from scaicontrol_core.testing.objects import MemoryObjects

THROUGH = PartnerId("prt_through")
CUSTOMER = TenantId("tnt_theirs")


@pytest.fixture
async def shop(books: Any) -> Any:
    """A partner that passes through and earns 12.5 %, with a Dutch customer; it is 15 January 2026."""
    await books.reseller(THROUGH, "THR", commission_rate=1250)
    await books.customer(CUSTOMER, THROUGH)
    return books


async def sell(shop: Any, cents: int, *, tenant_id: TenantId = CUSTOMER, **fields: Any) -> Any:
    line = LineInput(description="Advice", unit_price_cents=str(cents))
    return await shop.issue(line, tenant_id=tenant_id, **fields)


async def credit(shop: Any, invoice: Any, cents: int) -> Any:
    wanted = NewCreditNote(reason="Too much", lines=(LineCredit(position=1, net_cents=cents),))
    return (await shop.world.use(IssueCreditNote)(shop.admin, invoice.id, wanted)).credit_note


async def month(shop: Any, name: str, partner_id: PartnerId = THROUGH, actor: Actor | None = None) -> Any:
    first = date.fromisoformat(f"{name}-01")
    return await shop.world.use(ReadCommissions)(actor or shop.admin, partner_id, first)


async def rows(shop: Any, name: str) -> list[tuple[str, int, int, int]]:
    stated = await month(shop, name)
    return [
        (entry.number, entry.net_cents, entry.rate_bp, entry.commission_cents)
        for statement in stated.statements
        for entry in statement.entries
    ]


async def closed(shop: Any, name: str) -> list[tuple[str, int]]:
    """Run the billing and return what a month's statements earn, by currency."""
    await shop.run("2026-12")
    stated = await month(shop, name)
    assert stated.closed
    return [(each.currency, each.commission_cents) for each in stated.statements]


async def test_a_month_lists_every_document_with_what_it_earns(shop: Any) -> None:
    invoice = await sell(shop, 19999)
    await sell(shop, 4)
    await credit(shop, invoice, 333)
    assert await rows(shop, "2026-01") == [
        ("SCAI-2026-000001", 19999, 1250, 2500),
        ("SCAI-2026-000002", 4, 1250, 1),
        ("SCAI-CN-2026-000001", -333, 1250, -42),
    ]
    (statement,) = (await month(shop, "2026-01")).statements
    assert (statement.net_cents, statement.commission_cents) == (19670, 2459)
    assert statement.closed_at is None


async def test_a_month_is_closed_once_it_is_over_and_never_changes(shop: Any) -> None:
    await sell(shop, 10000)
    report = await shop.run("2026-01")
    assert report.totals.partner_documents == ()
    shop.at(2026, 2, 1)
    report = await shop.run("2026-02")
    (made,) = report.totals.partner_documents
    assert (made.kind, made.month, made.net_cents) == ("commission_statement", "2026-01", 1250)
    before = (await month(shop, "2026-01")).to_dict()
    assert before["closed"]
    await shop.configure(THROUGH, commission_rate=5000, legal_name="Another B.V.")
    assert (await shop.run("2026-02")).totals.partner_documents == ()
    assert (await month(shop, "2026-01")).to_dict() == before
    (statement,) = (await month(shop, "2026-01")).statements
    assert shop.log_of(statement.id) == ["commission_statement.closed"]


async def test_what_is_taken_back_later_is_an_entry_of_the_later_month_at_the_rate_it_was_earned_at(shop: Any) -> None:
    invoice = await sell(shop, 10000)
    voided = await sell(shop, 2000)
    shop.at(2026, 2, 3)
    assert await closed(shop, "2026-01") == [("EUR", 1500)]
    await shop.configure(THROUGH, commission_rate=2000)
    await credit(shop, invoice, 10000)
    await shop.world.use(VoidInvoice)(shop.admin, voided.id, "Never ordered")
    await sell(shop, 1000)
    shop.at(2026, 3, 1)
    assert await closed(shop, "2026-02") == [("EUR", -1250 - 250 + 200)]
    assert await closed(shop, "2026-01") == [("EUR", 1500)]
    assert [(number, rate) for number, _, rate, _ in await rows(shop, "2026-02")] == [
        ("SCAI-2026-000002", 1250),
        ("SCAI-2026-000003", 2000),
        ("SCAI-CN-2026-000001", 1250),
    ]


async def test_a_document_dated_back_into_a_closed_month_goes_into_the_next(shop: Any) -> None:
    await sell(shop, 10000)
    shop.at(2026, 2, 1)
    assert await closed(shop, "2026-01") == [("EUR", 1250)]
    await sell(shop, 800, invoice_date=date(2026, 1, 20))
    shop.at(2026, 3, 1)
    assert await closed(shop, "2026-02") == [("EUR", 100)]
    assert await closed(shop, "2026-01") == [("EUR", 1250)]


async def test_months_that_were_missed_are_closed_one_by_one(shop: Any) -> None:
    await sell(shop, 10000)
    shop.at(2026, 2, 10)
    await sell(shop, 20000)
    shop.at(2026, 4, 1)
    await shop.run("2026-01")
    assert not (await month(shop, "2026-02")).closed
    await shop.run("2026-12")
    page = await shop.world.use(ListCommissions)(shop.admin, THROUGH, PageRequest())
    assert [(each.name, each.commission_cents) for each in page.items] == [("2026-02", 2500), ("2026-01", 1250)]


async def test_sales_in_their_own_name_and_the_operators_own_earn_nothing(shop: Any) -> None:
    await sell(shop, 10000, tenant_id=TenantId("tnt_1"))
    whole = await shop.reseller("prt_whole", "WHO", billing_model="wholesale", commission_rate=5000)
    await shop.customer("tnt_whole", whole)
    await sell(shop, 10000, tenant_id=TenantId("tnt_whole"))
    shop.at(2026, 2, 1)
    await shop.run("2026-02")
    assert (await month(shop, "2026-01", whole)).statements == ()
    with pytest.raises(NoCommissions):
        await month(shop, "2026-01", OPERATOR_ID)


async def test_a_dry_run_shows_what_would_be_closed_and_closes_nothing(shop: Any) -> None:
    await sell(shop, 10000)
    shop.at(2026, 2, 1)
    before = shop.world.store.revision
    report = await shop.run("2026-02", dry_run=True)
    (shown,) = report.totals.partner_documents
    assert (shown.partner_name, shown.month, shown.lines, shown.net_cents) == ("THR", "2026-01", 1, 1250)
    assert shop.world.store.revision == before


async def test_a_partner_sees_its_own_and_nobody_elses(shop: Any) -> None:
    other = await shop.reseller("prt_other", "OTH")
    await sell(shop, 10000)
    own = Actor.partner_admin("tom", THROUGH)
    rival = Actor.partner_admin("rita", other)
    assert len((await month(shop, "2026-01", actor=own)).statements) == 1
    with pytest.raises(NotFound):
        await month(shop, "2026-01", actor=rival)
    with pytest.raises(Forbidden):
        await month(shop, "2026-01", actor=Actor.tenant_user("tina", CUSTOMER, THROUGH, Role.TENANT_ADMIN))


@given(st.lists(st.integers(-(10**9), 10**9), max_size=20), st.integers(0, 10_000))
def test_a_commission_is_rounded_once_and_mirrors_what_it_takes_back(nets: list[int], rate: int) -> None:
    for net in nets:
        earned = commission_of(net, rate)
        assert abs(earned * 10_000 - net * rate) * 2 <= 10_000
        assert commission_of(-net, rate) == -earned


class Typist:
    """A renderer that types what the statements come to."""

    async def render_html(self, document: Mapping[str, Any], **_: Any) -> RenderedHtml:
        """Return the kind of document and what each currency earned."""
        earned = [statement["commission_cents"] for statement in document["statements"]]
        return RenderedHtml(f"{document['document_type']} {earned}", "typist 1", (), "built-in")

    async def render_pdf(self, html: str, document_key: str, *_: Any) -> bytes:
        """Return it with the key."""
        return f"{document_key}: {html}".encode()


async def test_a_month_on_paper_is_made_anew_and_kept_nowhere(shop: Any) -> None:
    await sell(shop, 20000)
    objects = MemoryObjects()
    on_paper = shop.world.use(RenderCommissions, renderer=Typist(), objects=objects)
    pdf = await on_paper(shop.admin, THROUGH, date(2026, 1, 31))
    assert pdf.name == "commissions-2026-01"
    assert pdf.content == f"commissions/{THROUGH}/{pdf.name}: commission_statement [2500]".encode()
    assert objects.contents == {}
    with pytest.raises(Forbidden):
        await on_paper(Actor.tenant_user("tom", CUSTOMER, THROUGH, Role.TENANT_ADMIN), THROUGH)
