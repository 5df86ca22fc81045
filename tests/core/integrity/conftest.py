"""A business that has billed, credited and voided; and ways to tamper with what it keeps."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import define, evolve

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.credit_note import LineCredit, NewCreditNote
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.ledger import BilledPeriod
from scaicontrol_core.billing.use_cases.issue_credit_note import IssueCreditNote
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.integrity import IntegrityAudit
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity
from scaicontrol_core.subscriptions import Subscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.testing import MemoryWorld
from scaicontrol_core.testing.builders import TENANT_ID

BOSS = Actor.system("auditor")


@define
class Business:
    """The world after three months: a subscription, three invoices, one of them credited in part."""

    world: MemoryWorld
    subscription: Subscription

    async def audit(self) -> IntegrityAudit:
        """Look at everything."""
        return await self.world.use(AuditIntegrity)(BOSS)

    async def faults(self) -> dict[str, list[str]]:
        """Return what is wrong, by rule."""
        audited = await self.audit()
        return {rule.rule.value: [each.fault for each in rule.findings] for rule in audited.rules if rule.findings}

    def invoices(self) -> list[Invoice]:
        """Return the stored invoices themselves, by number: changing one is tampering."""
        rows = [row for _, row in self.world.store.tables["invoices"].values()]
        return sorted(rows, key=lambda row: row.number or "")

    def rewrite(self, invoice: Invoice, **changes: Any) -> None:
        """Put other values into a frozen document; ``totals__net_cents`` is a value within ``totals``."""
        document = json.loads(invoice.frozen_document or "")
        for path, value in changes.items():
            *way, name = path.split("__")
            place = document
            for step in way:
                place = place[int(step) if step.isdecimal() else step]
            place[name] = value
        invoice.frozen_document = json.dumps(document)

    def ledger(self) -> list[BilledPeriod]:
        """Return the stored ledger, oldest period first."""
        rows = [row for _, row in self.world.store.tables["billed_periods"].values()]
        return sorted(rows, key=lambda row: row.ordinal)

    def alter(self, entry: BilledPeriod, **changes: Any) -> None:
        """Change an entry of the ledger."""
        table = self.world.store.tables["billed_periods"]
        key = entry.subscription_id, entry.ordinal, entry.charge_kind
        table[key] = (table[key][0], evolve(entry, **changes))


@pytest.fixture
async def business() -> Business:
    """January to March 2026 at EUR 199.00 a month; half of February was credited."""
    world = await MemoryWorld.with_one_customer()
    subscription = await world.use(CreateSubscription)(BOSS, NewSubscription(TENANT_ID, "scaikey.pro"))
    for month in (1, 2, 3):
        world.clock.set(datetime(2026, month, 28, 12, tzinfo=UTC))
        await world.use(RunBilling)(BOSS, parse_month(f"2026-{month:02}"))
    done = Business(world, subscription)
    half = LineCredit(position=1, net_cents=9950)
    second = done.invoices()[1].id
    await world.use(IssueCreditNote)(BOSS, second, NewCreditNote(reason="Down for two weeks", lines=(half,)))
    return done
