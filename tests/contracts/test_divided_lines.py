"""What every store promises of a draft whose line is divided as it gets its number: kept whole, and consistent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import TENANT_ID

BOSS = Actor.system("contract")
ROMANIAN: dict[str, Any] = {"country_code": "RO", "is_business": False, "vat_number": None, "company_name": "Ana Pop"}


async def test_the_parts_are_kept_in_the_place_of_the_line(work_factory: Any) -> None:
    world = MemoryWorld(work=work_factory)
    world.clock.set(datetime(2025, 7, 15, 12, tzinfo=UTC))
    seller = builders.new_partner(oss_registered=True, advance_tax_point="split")
    async with work_factory.begin(BOSS) as work:
        await work.partners.add(seller)
        await work.tenants.add(builders.new_tenant())
        await work.billing_profiles.add(builders.new_profile(**ROMANIAN))
        await work.commit()
    month = Period(date(2025, 7, 15), date(2025, 8, 15))
    typed = LineInput(description="ScaiKey Pro", unit_price_cents="19900", period=month)
    advice = LineInput(description="Advice", unit_price_cents="100")
    draft = await world.use(DraftInvoice)(BOSS, TENANT_ID, DraftInput(lines=(typed, advice)))
    issued = await world.use(FinalizeInvoice)(BOSS, draft.id)
    async with work_factory.begin(BOSS, read_only=True) as work:
        stored = await work.invoices.get(draft.id)
    assert [line.net_cents for line in stored.lines] == [10913, 8987, 100]
    assert stored.lines == issued.lines
    (series,) = await world.use(AuditNumbering)(BOSS)
    assert series.faults == ()
