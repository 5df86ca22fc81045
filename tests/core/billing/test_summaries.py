"""What was invoiced, added up from the frozen documents."""

from __future__ import annotations

from typing import Any

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.use_cases.summarize_invoices import SummarizeInvoices
from scaicontrol_core.billing.use_cases.void_invoice import VoidInvoice
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.testing.builders import TENANT_ID

# -- what it adds up to ------------------------------------------------------------------------


async def test_sums_by_country_category_and_rate(books: Any) -> None:
    details = {"is_business": False, "vat_number": None}
    await books.customer("tnt_be", country_code="BE", **details)
    await books.customer("tnt_us", country_code="US", **details)
    for tenant in (TENANT_ID, TenantId("tnt_be"), TenantId("tnt_us")):
        await books.subscribe(tenant)
    await books.configure(oss_registered=True)
    report = await books.run("2026-01")
    groups = [(each.country, each.category, each.rate, each.net_cents, each.tax_cents) for each in report.totals.vat]
    assert groups == [
        ("BE", "S", "21.00", 19900, 4179),
        ("NL", "S", "21.00", 19900, 4179),
        ("US", "G", "0.00", 19900, 0),
    ]
    summary = await books.world.use(SummarizeInvoices)(books.admin)
    assert (summary.invoices, summary.vat) == (3, report.totals.vat)
    assert (summary.net_cents, summary.tax_cents, summary.gross_cents) == (59700, 8358, 68058)
    assert summary.by_pdf_status == {"pending": 3}


async def test_a_summary_counts_neither_drafts_nor_what_is_void(books: Any) -> None:
    kept, voided = await books.issue(), await books.issue()
    await books.draft()
    await books.world.use(VoidInvoice)(books.admin, voided.id, "wrong customer")
    summary = await books.world.use(SummarizeInvoices)(books.admin)
    assert (summary.invoices, summary.gross_cents) == (1, kept.gross_cents)


async def test_a_summary_reads_every_page(books: Any) -> None:
    for _ in range(203):
        await books.issue()
    summary = await books.world.use(SummarizeInvoices)(books.admin)
    assert (summary.invoices, summary.net_cents) == (203, 203 * 37500)


async def test_a_summary_is_of_ones_own(books: Any) -> None:
    whole = await books.reseller("prt_whole", "WHOLE", billing_model="wholesale")
    await books.issue(tenant_id=await books.customer("tnt_whole", whole))
    await books.issue()
    assert (await books.world.use(SummarizeInvoices)(Actor.partner_admin("wilma", whole))).invoices == 1
