"""What every store promises of the documents a report reads: all that may belong to a period, in order, once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.reporting import DocumentSpan
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.documents.einvoice.precheck import EInvoiceCheck
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, TenantId
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.tax import standard_rates
from scaicontrol_core.testing import FixedClock, SequentialIds, builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID

PLATFORM = Actor.system("contract")
RIVAL, THEIRS = PartnerId("prt_rival"), TenantId("tnt_theirs")
SPAN = DocumentSpan(seller_id=OPERATOR_ID, first_day=date(2026, 4, 1), last_issue=date(2026, 7, 31))
#: The day of issue, and what the line says of its supply.
STORIES: dict[str, tuple[date, dict[str, Any]]] = {
    "long before": (date(2026, 1, 10), {}),
    "ended before": (date(2026, 3, 20), {"period": Period(date(2026, 3, 1), date(2026, 4, 1))}),
    "supplied ahead": (date(2026, 3, 21), {"supply_date": date(2026, 4, 1)}),
    "a year ahead": (date(2026, 3, 22), {"period": Period(date(2026, 3, 1), date(2027, 3, 1))}),
    "on the first day": (date(2026, 4, 1), {}),
    "within, for before": (date(2026, 5, 5), {"supply_date": date(2025, 12, 1)}),
    "when it is due": (date(2026, 7, 31), {}),
    "too late": (date(2026, 8, 1), {"supply_date": date(2026, 5, 1)}),
}
WANTED = ["supplied ahead", "a year ahead", "on the first day", "within, for before", "when it is due"]


@pytest.fixture
async def issued(work_factory: Any) -> dict[str, InvoiceId]:
    """Documents of one seller around a quarter, and one of another seller within it."""
    async with work_factory.begin(PLATFORM) as work:
        await work.partners.add(builders.new_partner())
        await work.partners.add(
            builders.new_partner(RIVAL, operator=False, invoice_number_prefix="RIV", billing_model="wholesale")
        )
        for tenant, partner in ((TENANT_ID, OPERATOR_ID), (THEIRS, RIVAL)):
            await work.tenants.add(builders.new_tenant(tenant, partner))
            await work.billing_profiles.add(builders.new_profile(tenant, partner))
        await work.commit()
    clock, ids, found = FixedClock(), SequentialIds(1000), {}
    draft, finalize = (
        DraftInvoice(work_factory, clock, ids),
        FinalizeInvoice(work_factory, clock, standard_rates(), EInvoiceCheck()),
    )
    stories = [(name, TENANT_ID, *story) for name, story in STORIES.items()]
    for name, tenant, day, line in (*stories, ("rival", THEIRS, date(2026, 8, 1), {"supply_date": date(2026, 5, 1)})):
        clock.set(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
        typed = DraftInput(lines=(LineInput(description=name, unit_price_cents="100", **line),))
        found[name] = (await finalize(PLATFORM, (await draft(PLATFORM, tenant, typed)).id)).id
        await draft(PLATFORM, tenant, typed)  # has no number, and is nobody's tax
    return found


async def read(work_factory: Any, span: DocumentSpan, limit: int, actor: Actor = PLATFORM) -> list[Any]:
    found: list[Any] = []
    async with work_factory.begin(actor, read_only=True) as work:
        after = None
        while page := await work.invoices.documents(span, after=after, limit=limit):
            assert len(page) <= limit
            found += page
            after = page[-1].issue_date, page[-1].invoice_id
    return found


@pytest.mark.parametrize("limit", [1, 2, 500])
async def test_all_that_may_belong_to_the_period_comes_once(
    work_factory: Any, issued: dict[str, InvoiceId], limit: int
) -> None:
    names = {invoice_id: name for name, invoice_id in issued.items()}
    found = await read(work_factory, SPAN, limit)
    assert [names[each.invoice_id] for each in found] == WANTED
    assert [each.issue_date for each in found] == [STORIES[name][0] for name in WANTED]
    assert all(name in each.canonical for name, each in zip(WANTED, found, strict=True))


async def test_voided_ones_come_too_and_are_told(work_factory: Any, issued: dict[str, InvoiceId]) -> None:
    await VoidInvoice(work_factory, FixedClock())(PLATFORM, issued["on the first day"], "A slip.")
    told = [each.voided_at is not None for each in await read(work_factory, SPAN, 500)]
    assert told == [False, False, True, False, False]


async def test_a_voiding_belongs_to_the_period_it_happens_in(work_factory: Any, issued: dict[str, InvoiceId]) -> None:
    """An old invoice of no interest to the quarter comes once it is voided within it."""
    voiding = datetime(2026, 5, 5, 12, tzinfo=UTC)
    await VoidInvoice(work_factory, FixedClock(voiding))(PLATFORM, issued["long before"], "A slip.")
    within = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    found = await read(work_factory, evolve(SPAN, voided=within), 2)
    assert (found[0].invoice_id, found[0].voided_at) == (issued["long before"], voiding)
    assert len(found) == len(WANTED) + 1
    for before_or_after in ((within[0], voiding), (voiding + timedelta(seconds=1), within[1])):
        assert len(await read(work_factory, evolve(SPAN, voided=before_or_after), 500)) == len(WANTED)


async def test_a_reseller_reads_its_own(work_factory: Any, issued: dict[str, InvoiceId]) -> None:
    rick = Actor.partner_admin("rick", RIVAL)
    assert await read(work_factory, SPAN, 500, rick) == []
    own = DocumentSpan(seller_id=RIVAL, first_day=date(2026, 7, 1), last_issue=date(2026, 10, 31))
    assert [each.invoice_id for each in await read(work_factory, own, 500, rick)] == [issued["rival"]]
