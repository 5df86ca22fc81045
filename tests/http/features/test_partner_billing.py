"""Partners over HTTP: what they earn, what is settled in their name, what they are billed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from attrs import frozen
from pypdf import PdfReader

SELF = {
    "name": "Self",
    "billing_model": "self_billed",
    "commission_rate": 1250,
    "self_billing_agreed_on": "2026-01-02",
    "legal_name": "Self B.V.",
    "seller_address_line1": "Oudegracht 1",
    "seller_postal_code": "3511 AB",
    "seller_city": "Utrecht",
    "seller_country_code": "NL",
    "seller_vat_number": "NL698797309B01",
    "seller_email": "post@self.example",
    "invoice_number_prefix": "SLF",
    "language": "nl",
}
BUYER = {"company_name": "Theirs B.V.", "address_line1": "Dam 1", "city": "Amsterdam", "country_code": "NL"}
LINE = {"description": "Advice", "quantity": "1", "unit_price_cents": "10000"}


@frozen
class Market:
    """A self-billed partner with a sale of EUR 100.00, and its administrator."""

    partner: str
    admin: Any
    invoice: str


@pytest.fixture
async def market(boss: Any, headers: Callable[..., dict[str, str]], world: Any) -> Market:
    """It is 15 January 2026."""
    partner = (await boss.post("/admin/partners", SELF, status=201))["id"]
    tenant = await boss.post("/admin/tenants", {"name": "Kunde", "partner_id": partner}, status=201)
    await boss.put(f"/admin/tenants/{tenant['id']}/billing-profile", BUYER)
    draft = await boss.post("/admin/invoices", {"tenant_id": tenant["id"], "lines": [LINE]}, status=201)
    sold = await boss.post(f"/admin/invoices/{draft['id']}/finalize")
    admin = type(boss)(boss.client, headers("partner_admin", partner_id=partner))
    return Market(partner, admin, sold["number"])


async def close(boss: Any, clock: Any) -> Any:
    """Run the billing on 1 February."""
    clock.set(datetime(2026, 2, 1, 12, tzinfo=UTC))
    return await boss.post("/admin/billing/runs", {"period": "2026-02"}, status=201)


def words(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(content)).pages)


async def test_a_partner_reads_what_it_earns_before_and_after_the_month_is_closed(
    boss: Any, market: Market, clock: Any
) -> None:
    path = f"/admin/partners/{market.partner}"
    open_month = await market.admin.get(f"{path}/commission-statement", month="2026-01")
    assert open_month["closed"] is False
    (statement,) = open_month["statements"]
    assert (statement["id"], statement["net_cents"], statement["commission_cents"]) == (None, 10000, 1250)
    assert [(each["number"], each["customer"], each["rate_bp"]) for each in statement["entries"]] == [
        (market.invoice, "Kunde", 1250)
    ]
    assert (await market.admin.get(f"{path}/commissions"))["items"] == []
    await close(boss, clock)
    closed = await market.admin.get(f"{path}/commission-statement", month="2026-01")
    assert closed["closed"] is True
    (listed,) = (await market.admin.get(f"{path}/commissions"))["items"]
    assert (listed["month"], listed["commission_cents"], listed["entry_count"]) == ("2026-01", 1250, 1)
    assert listed["settled_by"] is not None


async def test_a_statement_is_a_table_and_a_pdf_too(boss: Any, market: Market, clock: Any) -> None:
    await close(boss, clock)
    path = f"/admin/partners/{market.partner}/commission-statement?month=2026-01"
    table = await market.admin.send("GET", f"{path}&format=csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert 'filename="commissions-2026-01.csv"' in table.headers["content-disposition"]
    heading, row = table.text.split("\r\n")[:2]
    assert heading == "month,day,kind,number,issue_date,customer,currency,net,rate,commission"
    assert row == f"2026-01,2026-01-15,invoice,{market.invoice},2026-01-15,Kunde,EUR,100.00,12.50,12.50"
    pdf = await market.admin.send("GET", path, headers={"Accept": "application/pdf"})
    assert pdf.headers["content-type"] == "application/pdf"
    text = words(pdf.content)
    assert "Commissieoverzicht" in text
    assert market.invoice in text
    assert "geen factuur voor de btw" in text
    nothing = await market.admin.send("GET", f"/admin/partners/{market.partner}/commission-statement?format=pdf")
    assert "Concept" in words(nothing.content)
    await boss.refused("GET", f"{path}&format=xml", 422, "format_unknown", "/format")
    await boss.refused(
        "GET", f"/admin/partners/{market.partner}/commission-statement?month=soon", 422, "period_invalid", "/month"
    )


async def test_the_commission_is_settled_in_the_partners_name(boss: Any, market: Market, clock: Any) -> None:
    run = await close(boss, clock)
    kinds = [(each["kind"], each["number"]) for each in run["totals"]["partner_documents"]]
    assert ("self_billed_invoice", "SLF-SB-2026-000001") in kinds
    (listed,) = (await market.admin.get(f"/admin/partners/{market.partner}/commissions"))["items"]
    invoice = await market.admin.get(f"/admin/invoices/{listed['settled_by']}")
    assert (invoice["tenant_id"], invoice["document_type"]) == (None, "self_billed_invoice")
    assert (invoice["buyer_snapshot"]["company_name"], invoice["gross_cents"]) == ("ScaiLabs B.V.", 1513)
    pdf = await market.admin.send("GET", f"/admin/invoices/{invoice['id']}/pdf")
    text = words(pdf.content)
    assert "Self-billing" in text
    assert "Factuur uitgereikt door afnemer" in text
    xml = await market.admin.send("GET", f"/admin/invoices/{invoice['id']}/einvoice?format=cii")
    assert b"<ram:TypeCode>389</ram:TypeCode>" in xml.content
    await boss.refused("GET", f"/admin/invoices/{invoice['id']}/einvoice?format=ubl", 422, "einvoice_incomplete")
    void = {"reason": "I would rather not"}
    await market.admin.refused("POST", f"/admin/invoices/{invoice['id']}/void", 403, "not_your_series", json=void)
    sent = await boss.post(f"/admin/invoices/{invoice['id']}/send", {}, status=202)
    assert sent["recipients"] == ["post@self.example"]


async def test_a_wholesale_partner_is_billed_and_its_customer_never_sees_it(
    boss: Any, reseller: Any, stranger: Any, acme: Any, world: Any, clock: Any
) -> None:
    await boss.post("/admin/billing/runs", {"period": "2026-01"}, status=201)
    shown = await boss.post("/admin/billing/runs", {"period": "2026-02", "dry_run": True})
    assert shown["totals"]["partner_documents"] == []
    run = await close(boss, clock)
    made = [each for each in run["totals"]["partner_documents"] if each["kind"] == "wholesale_invoice"]
    assert [(each["partner_id"], each["month"], each["net_cents"]) for each in made] == [
        (world.reseller, "2026-01", 4000)
    ]
    found = (await reseller.get("/admin/invoices", seller_id=world.operator))["items"]
    (bill,) = [each for each in found if each["tenant_id"] is None]
    assert (bill["number"], bill["buyer_partner_id"]) == (made[0]["number"], world.reseller)
    whole = await reseller.get(f"/admin/invoices/{bill['id']}")
    assert [line["description"] for line in whole["lines"]] == ["Theirs: Mail Pro (50.00 EUR − 20 %)"]
    assert words((await reseller.send("GET", f"/admin/invoices/{bill['id']}/pdf")).content)
    for customer in (stranger, acme):
        await customer.refused("GET", f"/billing/invoices/{bill['id']}", 404, "invoice_not_found")
        listed = (await customer.get("/billing/invoices"))["items"]
        assert bill["id"] not in [each["id"] for each in listed]


async def test_a_partners_vat_number_is_vouched_for_by_the_platform(boss: Any, reseller: Any, world: Any) -> None:
    path = f"/admin/partners/{world.reseller}/vat-attestation"
    made = await boss.post(path, {"note": "Seen on their letter"})
    assert made["vat_evidence"]["state"] == "valid"
    await reseller.refused("POST", path, 403, "forbidden", json={"note": "I am"})
    await boss.refused("POST", f"/admin/partners/{world.reseller}/vat-check", 503, "register_off")


async def test_the_operator_earns_nothing_and_agreements_are_dated(boss: Any, world: Any) -> None:
    await boss.refused("GET", f"/admin/partners/{world.operator}/commissions", 422, "operator_earns_no_commission")
    changed = await boss.patch(f"/admin/partners/{world.reseller}", {"self_billing_agreed_on": "2026-03-01"})
    assert changed["configuration"]["self_billing_agreed_on"] == "2026-03-01"
