"""The core by itself: decide VAT, draft an invoice, finalize it and print it. Needs attrs and python-stdnum only."""

import asyncio
import json
from datetime import date

from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.kernel.money import Money
from scaicontrol_core.tax import VatInputs, decide_vat, standard_rates
from scaicontrol_core.testing import MemoryWorld, builders


async def main() -> None:
    """Sell three hours of advice to a company in Brussels."""
    sale = VatInputs(seller_country="NL", buyer_country="BE", is_business=True, supply_date=date(2026, 1, 15))
    decision = decide_vat(sale, standard_rates())
    print(f"{decision.rule}: {decision.rate} %, {decision.law}")

    world = MemoryWorld()  # every port in memory; a database is another unit of work behind the same use cases
    buyer = builders.new_profile(company_name="Café Central SA", country_code="BE", city="Bruxelles", vat_number=None)
    await world.keep(builders.new_partner(), builders.new_tenant(), buyer)

    hours = LineInput(description="Advice", quantity="3", unit_code="HUR", unit_price_cents="12500")
    draft = await world.use(DraftInvoice)(world.platform, buyer.tenant_id, DraftInput(lines=(hours,)))
    invoice = await world.use(FinalizeInvoice)(world.platform, draft.id)

    print(invoice.number, invoice.issue_date, Money(invoice.gross_cents, invoice.currency))
    print(json.dumps(invoice.document, indent=2, ensure_ascii=False))


asyncio.run(main())
