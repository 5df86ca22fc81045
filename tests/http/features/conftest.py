"""A small business behind the API, and the people who call it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import frozen
from httpx import AsyncClient, Response
from sqlalchemy import func, select

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.sql.rows import Row
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.catalog.use_cases.import_catalogue import ImportCatalogue
from scaicontrol_core.delivery.outcome import Answer
from scaicontrol_core.delivery.parcel import Answered
from scaicontrol_core.delivery.secret_keeping import NewWebhookSubscription
from scaicontrol_core.delivery.use_cases.claim_webhook_deliveries import ClaimWebhookDeliveries
from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
from scaicontrol_core.delivery.use_cases.fan_out_events import FanOutEvents
from scaicontrol_core.delivery.use_cases.record_webhook_answers import RecordWebhookAnswers
from scaicontrol_core.delivery.use_cases.send_test_event import SendTestEvent
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from scaicontrol_core.documents.brand.asset import AssetId, AssetType, BrandAsset, CleanAsset
from scaicontrol_core.documents.templates.template import (
    DocumentTemplate,
    TemplateContent,
    TemplateId,
    TemplateIdentity,
    TemplateType,
)
from scaicontrol_core.documents.use_cases.send_invoice import SendInvoice
from scaicontrol_core.identity.group import Group
from scaicontrol_core.identity.ports import IdentityWork
from scaicontrol_core.identity.role import CustomRole
from scaicontrol_core.identity.snapshot import DirectoryUser
from scaicontrol_core.identity.user import User
from scaicontrol_core.kernel.ids import GroupId, InvoiceId, PartnerId, RoleId, TenantId, UserId
from scaicontrol_core.subscriptions.use_cases.create_subscription import CreateSubscription, NewSubscription
from scaicontrol_core.subscriptions.use_cases.subscribe_pack import NewPackSubscription, SubscribePack
from scaicontrol_core.tenancy.partner import NewPartner
from scaicontrol_core.tenancy.use_cases.bootstrap_operator import BootstrapOperator
from scaicontrol_core.tenancy.use_cases.create_partner import CreatePartner
from scaicontrol_core.tenancy.use_cases.create_tenant import CreateTenant, NewTenant
from scaicontrol_core.tenancy.use_cases.set_billing_profile import SetBillingProfile
from scaicontrol_core.testing.builders import billing_details, seller_configuration
from tests.services.audit_rules import told_in_full
from tests.services.audit_trail import Commit, followed

API = "/api/v1"
BOSS = Actor.operator("tests")


def _plan(slug: str, price: int, **fields: Any) -> dict[str, Any]:
    usual = {"slug": slug, "name": slug.title(), "tier": "pro", "billing_period": "monthly", "currency": "EUR"}
    return usual | {"base_price_cents": price} | fields


CATALOGUE = {
    "services": [
        {
            "slug": "mail",
            "app_id": "mail",
            "name": "Mail",
            "metrics": [{"slug": "messages", "aggregation": "sum"}],
            "plans": [
                _plan("basic", 1000),
                _plan("pro", 5000, cost_multiplier="1.35"),
                _plan("secret", 1, is_public=False),
                _plan("taste", 0, tier="trial", trial_days=14),
            ],
        },
        {"slug": "keys", "app_id": "keys", "name": "Keys", "plans": [_plan("pro", 2500)]},
        {"slug": "hidden", "app_id": "hidden", "name": "Hidden", "is_public": False, "plans": [_plan("pro", 9900)]},
    ],
    "packs": [
        {
            "slug": "office",
            "name": "Office",
            "billing_period": "monthly",
            "currency": "EUR",
            "discount_type": "percentage",
            "discount_percentage": "10",
            "items": [{"plan": "mail.pro"}, {"plan": "keys.pro"}],
        }
    ],
}
DRAFT = DraftInput(
    lines=(
        LineInput(description="02-01-2026 Second", unit_price_cents="2000"),
        LineInput(description="01-01-2026 First", unit_price_cents="12.5", quantity="1000"),
    )
)


@frozen
class Caller:
    """Somebody at the API."""

    client: AsyncClient
    headers: Mapping[str, str]

    async def send(self, method: str, path: str, **how: Any) -> Response:
        """Make any request below ``/api/v1``."""
        headers = {**self.headers, **how.pop("headers", {})}
        return await self.client.request(method, API + path, headers=headers, **how)

    async def get(self, path: str, **query: Any) -> Any:
        """Read something that is there."""
        return self._json(await self.send("GET", path, params=query), 200)

    async def post(self, path: str, body: object = None, *, status: int = 200, **how: Any) -> Any:
        """Post something that succeeds."""
        return self._json(await self.send("POST", path, json=body, **how), status)

    async def put(self, path: str, body: object, **how: Any) -> Any:
        """Put something that succeeds."""
        return self._json(await self.send("PUT", path, json=body, **how), 200)

    async def patch(self, path: str, body: object, **how: Any) -> Any:
        """Change something that may be changed."""
        return self._json(await self.send("PATCH", path, json=body, **how), 200)

    async def refused(self, method: str, path: str, status: int, code: str, *pointers: str, **how: Any) -> Any:
        """Make a request that is refused; return the problem, having checked status, code and fields."""
        answer = await self.send(method, path, **how)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["code"] == code, problem
        if pointers:
            assert [each["pointer"] for each in problem["errors"]] == list(pointers), problem
        return problem

    @staticmethod
    def _json(answer: Response, status: int) -> Any:
        assert answer.status_code == status, answer.text
        return answer.json()


@frozen(kw_only=True)
class World:
    """Ids of what is there.

    ``acme`` and ``jones`` are the operator's customers, ``theirs`` is the customer of ``reseller``,
    which sells in its own name; ``bare`` has no billing profile.
    """

    operator: str
    reseller: str
    acme: str
    jones: str
    bare: str
    theirs: str
    subscription: str
    draft: str
    invoice: str
    their_subscription: str
    their_draft: str
    their_invoice: str
    their_send: str
    their_template: str
    their_asset: str
    run: str


async def _hang_template(container: Container, partner_id: PartnerId) -> str:
    """Keep a template past the check, which would start a renderer in every test."""
    identity = TemplateIdentity(partner_id=partner_id, name="Theirs", document_type=TemplateType.INVOICE)
    content, at = TemplateContent(html_content="<p>{{ document.number }}</p>"), container.clock.now()
    made = DocumentTemplate.create(TemplateId(container.ids.new("tpl")), identity, content, at, "rita")
    async with container.work.begin(BOSS) as work:
        await work.templates.add(made)
        await work.commit()
    return made.id


async def _hang_asset(container: Container, partner_id: PartnerId) -> str:
    """List a logo past the upload, which would start a renderer in every test."""
    clean = CleanAsset(content=b"theirs", asset_type=AssetType.PNG, width=4, height=1)
    at = container.clock.now()
    made = BrandAsset.upload(AssetId(container.ids.new("ast")), partner_id, "theirs.png", clean, at)
    async with container.work.begin(BOSS) as work:
        await work.brand_assets.add(made)
        await work.commit()
    return made.id


@pytest.fixture
async def world(container: Container) -> World:
    """A business on 2026-01-15."""
    operator = await container.use(BootstrapOperator)(
        BOSS, NewPartner(name="House", configuration=seller_configuration())
    )
    own_series = seller_configuration(
        billing_model="wholesale",
        legal_name="Reseller GmbH",
        seller_country_code="DE",
        seller_vat_number="DE136695976",
        invoice_number_prefix="RSL",
        commission_rate=2000,
    )
    reseller = await container.use(CreatePartner)(BOSS, NewPartner(name="Reseller", configuration=own_series))
    await container.use(ImportCatalogue)(BOSS, CATALOGUE)
    new = container.use(CreateTenant)
    acme = await new(BOSS, NewTenant(name="Acme", external_reference="acme"))
    jones = await new(BOSS, NewTenant(name="Jones", external_reference="jones"))
    bare = await new(BOSS, NewTenant(name="Bare"))
    theirs = await new(BOSS, NewTenant(name="Theirs", external_reference="acme", partner_id=reseller.id))
    for tenant in (acme, jones, theirs):
        await container.use(SetBillingProfile)(BOSS, tenant.id, billing_details(company_name=tenant.name))
    ids: dict[str, str] = {}
    for prefix, tenant in (("", acme), ("their_", theirs)):
        wanted = NewSubscription(tenant.id, "mail.pro", start_date=date(2026, 1, 1))
        ids[f"{prefix}subscription"] = (await container.use(CreateSubscription)(BOSS, wanted)).id
        ids[f"{prefix}draft"] = (await container.use(DraftInvoice)(BOSS, tenant.id, DRAFT)).id
        drafted = await container.use(DraftInvoice)(BOSS, tenant.id, DRAFT)
        ids[f"{prefix}invoice"] = (await container.use(FinalizeInvoice)(BOSS, drafted.id)).id
    ids["their_send"] = (await container.use(SendInvoice)(BOSS, InvoiceId(ids["their_invoice"]))).id
    ids["their_asset"] = await _hang_asset(container, reseller.id)
    ids["their_template"] = await _hang_template(container, reseller.id)
    report = await container.use(RunBilling)(BOSS, parse_month("2026-01"), tenant_id=jones.id)
    assert report.run is not None
    return World(
        operator=operator.id,
        reseller=reseller.id,
        acme=acme.id,
        jones=jones.id,
        bare=bare.id,
        theirs=theirs.id,
        run=report.run.id,
        **ids,
    )


@pytest.fixture
def catalogue() -> Mapping[str, Any]:
    """What the business sells."""
    return CATALOGUE


@pytest.fixture
async def their_other(container: Container, world: World) -> TenantId:
    """Another customer of the reseller's."""
    wanted = NewTenant(name="Theirs too", partner_id=PartnerId(world.reseller))
    other = await container.use(CreateTenant)(BOSS, wanted)
    await container.use(SetBillingProfile)(BOSS, other.id, billing_details(company_name=other.name))
    return other.id


@pytest.fixture
async def their_pack(container: Container, their_other: TenantId) -> str:
    """Put that one on a pack."""
    return (await container.use(SubscribePack)(BOSS, NewPackSubscription(their_other, "office"))).id


@pytest.fixture
async def their_people(container: Container, world: World) -> Mapping[str, str]:
    """Give the reseller a user, a group and a role, by the names of their placeholders."""
    at, partner_id = container.clock.now(), PartnerId(world.reseller)
    said = DirectoryUser(id="theirs-user", name="Theirs", email="theirs@example.com")
    user = User.found(UserId(container.ids.new("usr")), said, partner_id, None, at)
    group = Group(id=GroupId(container.ids.new("grp")), partner_id=partner_id, name="Theirs", created_at=at)
    role = CustomRole(
        id=RoleId(container.ids.new("rol")), partner_id=partner_id, name="own", permissions=(), created_at=at
    )
    async with container.work.begin(BOSS) as work:
        await cast("IdentityWork", work).users.add_each([user])
        await cast("IdentityWork", work).groups.add(group.record_creation())
        await cast("IdentityWork", work).custom_roles.add(role.record_creation())
        await work.commit()
    return {"user_id": user.id, "group_id": group.id, "role_id": role.id}


@pytest.fixture
async def their_webhook(container: Container, world: World) -> Mapping[str, str]:
    """Tell the reseller of its events, and send it one that arrives: by the names of their placeholders."""
    terms = WebhookTerms(url="https://8.8.8.8/theirs", topics=("subscription.*",))
    wanted = NewWebhookSubscription(terms=terms, partner_id=PartnerId(world.reseller))
    made = (await container.use(CreateWebhookSubscription)(BOSS, wanted)).subscription
    await container.use(SendTestEvent)(BOSS, made.id)
    while (await container.use(FanOutEvents)(BOSS)).more:
        pass
    system = Actor.system("tests")
    parcels = await container.use(ClaimWebhookDeliveries)(system, 100)
    answered = [Answered(parcel, Answer(status=204, latency_ms=12, text="")) for parcel in parcels]
    await container.use(RecordWebhookAnswers)(system, answered)
    own = next(parcel for parcel in parcels if parcel.subscription_id == made.id)
    return {"webhook_id": made.id, "delivery_id": own.delivery_id}


@pytest.fixture
def boss(client: AsyncClient, admin: dict[str, str]) -> Caller:
    """The platform's administrator."""
    return Caller(client, admin)


@pytest.fixture
def anybody(client: AsyncClient) -> Caller:
    """Somebody without a token."""
    return Caller(client, {})


@pytest.fixture
def acme(client: AsyncClient, headers: Callable[..., dict[str, str]], world: World) -> Caller:
    """The administrator of Acme, a customer of the operator's."""
    return Caller(client, headers("tenant_admin", tenant_id=world.acme, partner_id=world.operator))


@pytest.fixture
def stranger(client: AsyncClient, headers: Callable[..., dict[str, str]], world: World) -> Caller:
    """The administrator of the reseller's customer."""
    return Caller(client, headers("tenant_admin", tenant_id=world.theirs, partner_id=world.reseller))


@pytest.fixture
def packed(client: AsyncClient, headers: Callable[..., dict[str, str]], world: World, their_other: TenantId) -> Caller:
    """The administrator of the reseller's customer that has a pack."""
    return Caller(client, headers("tenant_admin", tenant_id=their_other, partner_id=world.reseller))


@pytest.fixture
def reseller(client: AsyncClient, headers: Callable[..., dict[str, str]], world: World) -> Caller:
    """The reseller's administrator."""
    return Caller(client, headers("partner_admin", partner_id=world.reseller))


@pytest.fixture
def rows(container: Container) -> Callable[[], Awaitable[Mapping[str, int]]]:
    """Count the rows of every table, idempotency keys apart: what a refused request must leave alone."""
    assert container.database is not None
    database, tables = container.database, Row.metadata.sorted_tables

    async def count() -> Mapping[str, int]:
        async with database.reader.connect() as connection:
            return {
                table.name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
                for table in tables
                if table.name != "idempotency_keys"
            }

    return count


@pytest.fixture(scope="session")
def migrated_sqlite_file(migrated_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at the newest revision, to be copied, and every copy's commits to be followed."""
    return followed(migrated_sqlite_file, tmp_path_factory.mktemp("followed"))


@pytest.fixture(autouse=True)
def everything_is_told(request: pytest.FixtureRequest) -> Iterator[list[Commit]]:
    """Hold the audit log to what every commit changed; here are the commits."""
    with told_in_full(request) as commits:
        yield commits
