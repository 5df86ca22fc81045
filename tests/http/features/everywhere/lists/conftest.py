"""A business whose every list grows: for what must hold of long lists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, cast

import pytest
from attrs import define, field

from scaicontrol_adapters.container import Container
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.commissions.statement import CommissionStatement
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.catalog.use_cases.import_catalogue import ImportCatalogue
from scaicontrol_core.delivery.ids import WebhookSubscriptionId
from scaicontrol_core.delivery.secret_keeping import NewWebhookSubscription
from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
from scaicontrol_core.delivery.use_cases.fan_out_events import FanOutEvents
from scaicontrol_core.delivery.use_cases.send_test_event import SendTestEvent
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from scaicontrol_core.documents.brand.asset import AssetId, AssetType, BrandAsset, CleanAsset
from scaicontrol_core.documents.revision import DocumentRevision, RevisionReason
from scaicontrol_core.documents.templates.template import (
    DocumentTemplate,
    TemplateContent,
    TemplateId,
    TemplateIdentity,
    TemplateType,
)
from scaicontrol_core.documents.use_cases.send_invoice import SendInvoice
from scaicontrol_core.identity.group import Group, Membership
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.identity.role import CustomRole
from scaicontrol_core.identity.snapshot import DirectoryUser
from scaicontrol_core.identity.user import User
from scaicontrol_core.kernel.ids import GroupId, InvoiceId, PartnerId, RoleId, StatementId, TenantId, UserId
from scaicontrol_core.payments.payment_input import NewPayment
from scaicontrol_core.payments.use_cases.record_payment import RecordPayment
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack
from scaicontrol_core.tenancy.partner import NewPartner
from scaicontrol_core.tenancy.seller import BillingModel
from scaicontrol_core.tenancy.use_cases.attest_vat_number import Attestation, AttestVatNumber
from scaicontrol_core.tenancy.use_cases.create_partner import CreatePartner
from scaicontrol_core.tenancy.use_cases.create_tenant import CreateTenant, NewTenant
from scaicontrol_core.testing import FixedClock

BOSS = Actor.operator("tests")
DRAFT = DraftInput(lines=(LineInput(description="One more", unit_price_cents="100"),))
#: Adds so many rows to every list.
Grow = Callable[..., Awaitable[None]]


def _plan(slug: str, number: int) -> dict[str, Any]:
    usual = {"slug": slug, "name": f"Plan {number % 3}", "tier": "pro", "billing_period": "monthly", "currency": "EUR"}
    return usual | {"base_price_cents": 1000}


@define
class Crowd:
    """Adds to the world of the tests, a row at a time; names and instants repeat, so that ties have to be broken."""

    container: Container
    world: Any
    people: Mapping[str, str]
    webhook_id: str
    clock: FixedClock
    so_far: int = field(default=0, init=False)

    async def grow(self, rows: int, *, edits: bool = True) -> None:
        """Add to every list; ``edits`` gives what is there another version as well."""
        for _ in range(rows):
            self.so_far += 1
            self.clock.advance(seconds=self.so_far % 2)
            await self._sell(self.so_far)
            await self._customers(self.so_far)
            await self._bill(self.so_far)
            await self._tell(self.so_far)
            await self._keep(self.so_far, edits=edits)

    async def _sell(self, number: int) -> None:
        service, packed = f"more{number}", f"packed{number}"
        services: list[dict[str, Any]] = [
            {"slug": slug, "app_id": slug, "name": f"Service {number % 3}", "plans": [_plan("pro", number)]}
            for slug in (service, packed)
        ]
        mail: dict[str, Any] = {
            "slug": "mail",
            "app_id": "mail",
            "name": "Mail",
            "plans": [_plan(f"more{number}", number)],
        }
        mail["metrics"] = [{"slug": "messages", "aggregation": "sum"}]
        pack: dict[str, Any] = {
            "slug": f"pack{number}",
            "name": f"Pack {number % 3}",
            "billing_period": "monthly",
            "currency": "EUR",
        }
        pack |= {"discount_type": "percentage", "discount_percentage": "10", "items": [{"plan": f"{packed}.pro"}]}
        catalogue = {"services": [*services, mail], "packs": [pack]}
        await self.container.use(ImportCatalogue)(BOSS, catalogue)
        acme = TenantId(self.world.acme)
        await self.container.use(CreateSubscription)(BOSS, NewSubscription(acme, f"{service}.pro"))
        await self.container.use(SubscribePack)(BOSS, NewPackSubscription(acme, f"pack{number}"))

    async def _customers(self, number: int) -> None:
        await self.container.use(CreateTenant)(BOSS, NewTenant(name=f"Customer {number % 3}"))
        await self.container.use(CreatePartner)(BOSS, NewPartner(name=f"Partner {number % 3}"))
        attestation = Attestation(note=f"Seen on paper {number}", reference=None)
        await self.container.use(AttestVatNumber)(BOSS, TenantId(self.world.acme), attestation)

    async def _bill(self, number: int) -> None:
        drafted = await self.container.use(DraftInvoice)(BOSS, TenantId(self.world.acme), DRAFT)
        if number % 3:
            await self.container.use(FinalizeInvoice)(BOSS, drafted.id)
        invoice = InvoiceId(self.world.invoice)
        await self.container.use(RecordPayment)(BOSS, invoice, NewPayment(amount_cents=1))
        await self.container.use(SendInvoice)(BOSS, invoice, (f"{number}@example.com",))

    async def _tell(self, number: int) -> None:
        terms = WebhookTerms(url=f"https://8.8.8.8/{number}", topics=("invoice.paid.v1",))
        await self.container.use(CreateWebhookSubscription)(BOSS, NewWebhookSubscription(terms=terms))
        await self.container.use(SendTestEvent)(BOSS, WebhookSubscriptionId(self.webhook_id))
        while (await self.container.use(FanOutEvents)(BOSS)).more:
            pass

    async def _keep(self, number: int, *, edits: bool) -> None:
        """Write what would take a renderer, or a month, past its use case."""
        async with self.container.work.begin(BOSS) as work:
            await work.templates.add(self._template(number))
            await work.brand_assets.add(self._asset(number))
            await work.document_revisions.add(self._revision(number))
            await work.commission_statements.add(self._statement(number))
            kept = await work.templates.get(TemplateId(self.world.their_template))
            if edits:
                kept.save(TemplateContent(html_content=f"<p>{number}</p>"), self.clock.now(), "tests")
                await work.templates.save(kept)
            await self._employ(cast("IdentityWork", work), number)
            await work.commit()

    async def _employ(self, work: IdentityWork, number: int) -> None:
        at, owner, group_id = self.clock.now(), PartnerId(self.world.reseller), GroupId(self.people["group_id"])
        said = DirectoryUser(id=f"user{number}", name=f"User {number % 3}")
        user = User.found(UserId(self.container.ids.new("usr")), said, owner, None, at)
        group = Group(
            id=GroupId(self.container.ids.new("grp")), partner_id=owner, name=f"Group {number}", created_at=at
        )
        role = CustomRole(
            id=RoleId(self.container.ids.new("rol")),
            partner_id=owner,
            name=f"role{number}",
            permissions=(),
            created_at=at,
        )
        await work.users.add_each([user])
        await work.groups.add(group.record_creation())
        await work.custom_roles.add(role.record_creation())
        await work.members.add_each([Membership(group_id=group_id, user_id=user.id, partner_id=owner, since=at)])

    def _template(self, number: int) -> DocumentTemplate:
        identity = TemplateIdentity(
            partner_id=PartnerId(self.world.operator), name=f"Template {number}", document_type=TemplateType.INVOICE
        )
        content = TemplateContent(html_content="<p>{{ document.number }}</p>")
        template_id = TemplateId(self.container.ids.new("tpl"))
        return DocumentTemplate.create(template_id, identity, content, self.clock.now(), "tests")

    def _asset(self, number: int) -> BrandAsset:
        clean = CleanAsset(content=b"%d" % number, asset_type=AssetType.PNG, width=4, height=1)
        asset_id, owner = AssetId(self.container.ids.new("ast")), PartnerId(self.world.reseller)
        return BrandAsset.upload(asset_id, owner, f"logo {number % 3}", clean, self.clock.now())

    def _revision(self, number: int) -> DocumentRevision:
        return DocumentRevision(
            invoice_id=InvoiceId(self.world.invoice),
            partner_id=PartnerId(self.world.operator),
            tenant_id=TenantId(self.world.acme),
            revision=number,
            object_key=f"invoices/{number}.pdf",
            sha256="ab" * 32,
            size=1,
            reason=RevisionReason.REGENERATE,
            html_snapshot="",
            template="built-in",
            renderer="none",
            fonts=(),
            created_at=self.clock.now(),
        )

    def _statement(self, number: int) -> CommissionStatement:
        made = CommissionStatement(
            id=StatementId(self.container.ids.new("cms")),
            partner_id=PartnerId(self.world.reseller),
            month=date(2000 + number // 12, number % 12 + 1, 1),
            currency="EUR",
            billing_model=BillingModel.WHOLESALE,
            operator={},
            partner={},
        )
        made.close(self.clock.now())
        return made


@pytest.fixture
def grow(
    container: Container,
    world: Any,
    their_people: Mapping[str, str],
    their_webhook: Mapping[str, str],
    clock: FixedClock,
) -> Grow:
    """Make every list longer."""
    return Crowd(container, world, their_people, their_webhook["webhook_id"], clock).grow


@pytest.fixture
def there(filled: dict[str, str], world: Any) -> Mapping[str, str]:
    """Ids of what has long lists below it."""
    return filled | {"invoice_id": world.invoice, "plan": "basic"}


@pytest.fixture
def path_of() -> Callable[[Any, Mapping[str, str]], str]:
    """Fill in a path; what packs are called is no service's name."""

    def filled_in(operation: Any, there: Mapping[str, str]) -> str:
        values = {name: there[name] for name in operation.placeholders}
        path: str = operation.at(**values | ({"slug": "office"} if "/packs/{slug}" in operation.path else {}))
        return path

    return filled_in


@pytest.fixture
def readers(
    operations: Any, path_of: Any, there: Mapping[str, str], boss: Any, acme: Any, anybody: Any
) -> list[tuple[Any, str, Any]]:
    """Return every list that comes in parts, with its path filled in, and who may read it."""
    found = []
    for operation in operations:
        if operation.method == "GET" and "page" in operation.handler.parsed_fn_signature.parameters:
            unknown = set(operation.placeholders) - there.keys()
            assert not unknown, f"{operation}: say in this test whose {unknown} is"
            path = path_of(operation, there)
            caller = boss if "/admin" in operation.path else anybody if operation.is_public else acme
            found.append((operation, path, caller))
    return found
