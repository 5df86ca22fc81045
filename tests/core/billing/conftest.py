"""An operator's books: one customer, one plan, and short ways to write, number and check documents."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import jsonschema
import pytest
from attrs import define, evolve

from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.run_report import RunReport
from scaicontrol_core.billing.series_audit import SeriesAudit
from scaicontrol_core.billing.use_cases.audit_numbering import AuditNumbering
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.edit_draft import EditDraft
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, PlanId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.subscriptions import Subscription
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.testing import MemoryWorld, builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "reference" / "document.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def keeps_the_schema(document: dict[str, Any] | None) -> None:
    """Fail unless the document is what we publish that documents are."""
    assert document is not None
    VALIDATOR.validate(document)


@define
class Books:
    """The world, and what these stories do in it again and again."""

    world: MemoryWorld
    admin: ClassVar[Actor] = Actor.system("books")

    def at(self, year: int, month: int, day: int, hour: int = 12) -> None:
        """Set the clock, in UTC."""
        self.world.clock.set(datetime(year, month, day, hour, tzinfo=UTC))

    async def customer(self, tenant_id: str, partner_id: PartnerId = OPERATOR_ID, **details: Any) -> TenantId:
        """Take on another customer, with a billing profile."""
        known = TenantId(tenant_id)
        await self.world.keep(
            builders.new_tenant(known, partner_id), builders.new_profile(known, partner_id, **details)
        )
        return known

    async def reseller(self, partner_id: str, prefix: str, **configuration: Any) -> PartnerId:
        """Take on a reseller."""
        known = PartnerId(partner_id)
        await self.world.keep(
            builders.new_partner(known, operator=False, name=prefix, invoice_number_prefix=prefix, **configuration)
        )
        return known

    async def plan(self, slug: str, **terms: Any) -> str:
        """Offer another plan of the service and return its key."""
        await self.world.keep(builders.new_plan(PlanId(f"pln_{slug}"), slug=slug, **({"tier": slug} | terms)))
        return f"scaikey.{slug}"

    async def subscribe(
        self, tenant_id: TenantId = TENANT_ID, plan_key: str = "scaikey.pro", **wanted: Any
    ) -> Subscription:
        """Sell a plan."""
        return await self.world.use(CreateSubscription)(self.admin, NewSubscription(tenant_id, plan_key, **wanted))

    async def draft(self, *lines: LineInput, tenant_id: TenantId = TENANT_ID, **fields: Any) -> Invoice:
        """Write a draft; without lines, of three hours of advice."""
        shown = lines or (LineInput(description="Advice", quantity="3", unit_price_cents="12500"),)
        typed = DraftInput(**({"lines": shown} | fields))
        return await self.world.use(DraftInvoice)(self.admin, tenant_id, typed)

    async def edit(self, invoice_id: InvoiceId, *, expected_version: int | None = None, **fields: Any) -> Invoice:
        """Set the named fields of a draft."""
        change = DraftInput(**fields, given=frozenset(fields))
        return await self.world.use(EditDraft)(self.admin, invoice_id, change, expected_version=expected_version)

    async def finalize(self, invoice_id: InvoiceId) -> Invoice:
        """Number a draft; whatever is numbered here keeps the published schema."""
        issued = await self.world.use(FinalizeInvoice)(self.admin, invoice_id)
        keeps_the_schema(issued.document)
        return issued

    async def issue(self, *lines: LineInput, **fields: Any) -> Invoice:
        """Write and number a document."""
        return await self.finalize((await self.draft(*lines, **fields)).id)

    async def run(self, month: str = "2026-12", *, actor: Actor | None = None, **asked: Any) -> RunReport:
        """Run the billing of a month; whatever it numbers keeps the published schema."""
        ports = asked.pop("ports", {})
        report = await self.world.use(RunBilling, **ports)(actor or self.admin, parse_month(month), **asked)
        for invoice in self.invoices():
            if report.run is not None and invoice.run_id == report.run.id and invoice.number is not None:
                keeps_the_schema(invoice.document)
        return report

    async def audit(self) -> tuple[SeriesAudit, ...]:
        """Walk all series."""
        return await self.world.use(AuditNumbering)(self.admin)

    async def faults(self) -> list[tuple[str, str]]:
        """Return what the auditor finds in all series: the document and what is wrong."""
        return [(fault.number, fault.fault) for series in await self.audit() for fault in series.faults]

    async def configure(self, partner_id: PartnerId = OPERATOR_ID, **fields: Any) -> None:
        """Change a partner's configuration."""
        async with self.world.work.begin(self.admin) as work:
            partner = await work.partners.get(partner_id)
            partner.configure(evolve(partner.configuration, **fields), self.world.clock.now())
            await work.partners.save(partner)
            await work.commit()

    async def customers(self, count: int, **details: Any) -> list[TenantId]:
        """Take on customers and put each on the plan today."""
        found = [await self.customer(f"tnt_c{number:03}", **details) for number in range(count)]
        for tenant_id in found:
            await self.subscribe(tenant_id)
        return found

    def documents(self) -> list[str]:
        """Return all frozen documents, by number."""
        numbered = [each for each in self.invoices() if each.number is not None]
        return [each.frozen_document or "" for each in sorted(numbered, key=lambda row: row.number or "")]

    def billed(self) -> list[tuple[str, str, int]]:
        """Return what the ledger charges, as (start, end, net)."""
        return [
            (entry.period_start.isoformat(), entry.period_end.isoformat(), entry.net_cents)
            for entry in sorted(self.ledger(), key=lambda entry: (entry.subscription_id, entry.ordinal))
        ]

    def stored(self, invoice_id: InvoiceId) -> Invoice:
        """Return the stored row itself, past all use cases: changing it is tampering."""
        return self.world.store.tables["invoices"][invoice_id][1]  # type: ignore[no-any-return]

    def invoices(self) -> list[Invoice]:
        """Return all stored invoices, oldest first."""
        return [row for _, row in self.world.store.tables.get("invoices", {}).values()]

    def numbers(self) -> list[str]:
        """Return all numbers, in order."""
        return sorted(each.number for each in self.invoices() if each.number is not None)

    def ledger(self) -> list[Any]:
        """Return all entries of the ledger."""
        return [row for _, row in self.world.store.tables.get("billed_periods", {}).values()]

    def log_of(self, resource_id: str) -> list[str]:
        """Return what the audit log says of a thing, oldest first."""
        return [entry.action for entry in self.world.store.audit if entry.resource_id == resource_id]


@pytest.fixture
async def books() -> Books:
    """The operator with one monthly plan at EUR 199.00 and one Dutch customer; it is 15 January 2026."""
    return Books(await MemoryWorld.with_one_customer())


@pytest.fixture
def everything() -> PageRequest:
    """The largest page."""
    return PageRequest(limit=200)


@pytest.fixture
def validate() -> Any:
    """Fail unless a document keeps the published schema."""
    return keeps_the_schema
