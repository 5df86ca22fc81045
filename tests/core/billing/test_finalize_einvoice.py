"""An invoice that can't be sent in its buyer's format is not numbered."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.billing.draft_input import LineInput
from scaicontrol_core.billing.errors import EInvoiceIncomplete
from scaicontrol_core.kernel.ids import TenantId

LINE = LineInput(description="ScaiKey Pro", unit_price_cents="19900")
TOWN_HALL = TenantId("tnt_town_hall")


async def town_hall(books: Any) -> TenantId:
    """A public buyer in Germany that takes XRechnung only."""
    made: TenantId = await books.customer(
        TOWN_HALL,
        company_name="Stadt Musterhausen",
        country_code="DE",
        vat_number=None,
        preferred_einvoice_format="xrechnung",
        leitweg_id="04011000-12345-34",
        city="Musterhausen",
    )
    return made


async def test_nothing_is_numbered_until_what_is_missing_is_there(books: Any) -> None:
    await books.configure(seller_phone=None)
    draft = await books.draft(LINE, tenant_id=await town_hall(books))
    with pytest.raises(EInvoiceIncomplete) as refused:
        await books.finalize(draft.id)
    assert [(field.pointer, field.message.split()[0]) for field in refused.value.fields] == [
        ("/seller/phone", "BR-DE-6")
    ]
    assert books.numbers() == []

    await books.configure(seller_phone="+31 20 555 0101")
    await books.finalize(draft.id)
    assert books.numbers() == ["SCAI-2026-000001"]
