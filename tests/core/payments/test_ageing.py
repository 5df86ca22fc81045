"""The age of receivables: each open cent in one bucket, as of any day, tied out with the invoices."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.kernel.errors import Forbidden, NotFound
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, TenantId
from scaicontrol_core.payments.ageing import Age, age_of, aged_buyers, totals_of
from scaicontrol_core.payments.receivable import Receivable
from scaicontrol_core.payments.use_cases.report_ageing import ReportAgeing
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID

DUE = date(2026, 1, 29)


def test_the_buckets_meet_without_gap() -> None:
    edges = {0: Age.NOT_DUE, 1: Age.DAYS_1_30, 30: Age.DAYS_1_30, 31: Age.DAYS_31_60, 60: Age.DAYS_31_60}
    edges |= {61: Age.DAYS_61_90, 90: Age.DAYS_61_90, 91: Age.OVER_90, -400: Age.NOT_DUE, 4000: Age.OVER_90}
    for days, age in edges.items():
        assert age_of(DUE, DUE + timedelta(days=days)) is age


async def test_an_invoice_ages_until_it_is_settled(counter: Any) -> None:
    invoice = await counter.issue()
    counter.at(2026, 3, 10)
    await counter.pay(invoice, 5_375, received_on=date(2026, 2, 10))
    half = NewCreditNote(reason="Agreed", lines=(LineCredit(position=1, quantity="1"),))
    await counter.world.use(IssueCreditNote)(counter.admin, invoice.id, half)
    shown = {}
    for day in (date(2026, 1, 14), date(2026, 1, 15), date(2026, 1, 30), date(2026, 2, 10), date(2026, 3, 10)):
        report = await counter.ageing(day)
        shown[day] = [(row.not_due_cents, row.days_1_30_cents, row.days_31_60_cents) for row in report.totals]
    assert shown == {
        date(2026, 1, 14): [],
        date(2026, 1, 15): [(45_375, 0, 0)],
        date(2026, 1, 30): [(0, 45_375, 0)],
        date(2026, 2, 10): [(0, 40_000, 0)],
        date(2026, 3, 10): [(0, 0, 24_875)],
    }
    assert (await counter.ageing()).ties is True
    assert (await counter.ageing(date(2026, 1, 30))).ties is None
    counter.stored(invoice).paid_cents += 1
    assert (await counter.ageing()).ties is False


async def test_credits_stand_beside_what_is_owed_and_void_invoices_nowhere(counter: Any) -> None:
    owed, overpaid, gone = await counter.issue(), await counter.issue(), await counter.issue()
    await counter.pay(overpaid, 50_000)
    counter.at(2026, 1, 20)
    await counter.world.use(VoidInvoice)(counter.admin, gone.id, "Wrong customer")
    (row,) = (await counter.ageing()).rows
    assert (row.buyer_name, row.invoices, row.open_cents, row.credit_cents) == (
        "Bakkerij Jansen",
        1,
        owed.gross_cents,
        4_625,
    )
    assert (await counter.ageing(date(2026, 1, 19))).rows[0].invoices == 2  # it still stood then


async def test_it_is_the_sellers_business_only(counter: Any) -> None:
    report = counter.world.use(ReportAgeing)
    with pytest.raises(Forbidden):
        await report(Actor.tenant_user("tom", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN))
    with pytest.raises(NotFound):
        await report(Actor.partner_admin("x", PartnerId("prt_x")), None, OPERATOR_ID)


items = st.lists(
    st.builds(
        Receivable,
        invoice_id=st.just(InvoiceId("inv_1")),
        seller_id=st.just(PartnerId("prt_1")),
        tenant_id=st.sampled_from([TenantId("tnt_1"), TenantId("tnt_2"), None]),
        buyer_partner_id=st.just(PartnerId("prt_2")),
        number=st.just("X-1"),
        currency=st.sampled_from(["EUR", "USD", "JPY"]),
        due_date=st.dates(date(2024, 1, 1), date(2027, 1, 1)),
        balance_cents=st.integers(-(10**12), 10**12),
        stated_cents=st.just(0),
    ),
    max_size=30,
)


@given(items, st.dates(date(2024, 1, 1), date(2027, 1, 1)))
def test_every_open_cent_stands_in_one_bucket_and_in_the_total(open_items: list[Receivable], day: date) -> None:
    rows = aged_buyers(open_items, day, {"tnt_1": "One"})
    totals = {total.currency: total for total in totals_of(rows)}
    for currency in {item.currency for item in open_items if item.balance_cents}:
        balances = [item.balance_cents for item in open_items if item.currency == currency]
        total = totals[currency]
        assert total.open_cents == sum(cents for cents in balances if cents > 0)
        assert total.credit_cents == -sum(cents for cents in balances if cents < 0)
        assert total.open_cents == sum(getattr(total, age.value) for age in Age)
    assert len(rows) == len({(row.tenant_id, row.currency) for row in rows})
