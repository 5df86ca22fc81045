"""``manage_packs``: several plans sold as one, and who has them."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, field, structs

from scaicontrol_core.access import Permission
from scaicontrol_core.audit.subject import PACK_SUBSCRIPTION
from scaicontrol_core.audit.use_cases.read_history import ReadHistory
from scaicontrol_core.catalog.catalogue_file import PackEntry
from scaicontrol_core.catalog.use_cases.deactivate_pack import DeactivatePack
from scaicontrol_core.catalog.use_cases.get_pack import GetPack
from scaicontrol_core.catalog.use_cases.list_packs import ListPacks
from scaicontrol_core.catalog.use_cases.save_pack import MUST_BE_NEW, SavePack
from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.catalog.packs import AdminPackAnswer, PackBody, PackItemBody
from scaicontrol_http.catalog.schemas import PackAnswer
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Audience, Call, Confirmed, Effect, Listed, Sorted, Writing
from scaicontrol_http.mcp.nested import PackItem
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.mcp.tools import packs_bought as bought
from scaicontrol_http.requests import Listing, listing

_EDITORS = (Permission.ADMIN_REGISTRY, Permission.ADMIN_SUBSCRIPTIONS)
_EDIT = (Permission.ADMIN_REGISTRY,)
_ONE = "/admin/packs/{slug}"


class List(Sorted, tag="list"):
    """List the packs on offer, with what they include and cost."""

    audience = Audience.EVERYONE
    routes = ("GET /catalog/packs",)

    async def run(self, call: Call) -> Listing[PackAnswer]:
        """Call ``ListPacks``."""
        return listing(await call.use(ListPacks)(call.actor, call.page), PackAnswer.of)


class ListAll(Sorted, tag="list_all"):
    """List every pack, hidden ones included, with what only editors see."""

    needs = _EDITORS
    routes = ("GET /admin/packs",)

    async def run(self, call: Call) -> Listing[AdminPackAnswer]:
        """Call ``ListPacks`` with the hidden ones."""
        return listing(await call.use(ListPacks)(call.actor, call.page, include_hidden=True), AdminPackAnswer.of)


class Get(Action, tag="get"):
    """Show one pack at today's price."""

    needs = _EDITORS
    routes = (f"GET {_ONE}",)

    slug: given.PackSlug

    async def run(self, call: Call) -> AdminPackAnswer:
        """Call ``GetPack``."""
        return AdminPackAnswer.of(await call.use(GetPack)(call.actor, self.slug))


class _Terms(Action):
    slug: given.PackSlug
    name: Annotated[str, Meta(max_length=255, description="What customers read.", examples=["Office"])]
    billing_period: Annotated[str, Meta(max_length=20, description="monthly, quarterly, yearly, weekly or daily.")]
    currency: given.Currency
    items: Annotated[list[PackItem], Meta(description="The plans it includes.", max_length=100)]
    description: Annotated[str, Meta(max_length=5000, description="More about it, for customers.")] = ""
    icon_url: Annotated[str, Meta(max_length=500, description="Address of a picture.")] | None = None
    base_price_cents: Annotated[int, Meta(description="Its price, if discount_type is fixed_price.")] = 0
    discount_type: Annotated[
        str, Meta(max_length=20, description="fixed_price, or percentage off the sum of its plans.")
    ] = "fixed_price"
    discount_percentage: (
        Annotated[str, Meta(max_length=20, description="Percent off, a decimal.", examples=["10"])] | None
    ) = None
    trial_days: Annotated[int, Meta(description="Days of a first trial; 0: none.")] = 0
    features: Annotated[dict[str, Any], Meta(description="What it includes, by name.")] = field(default_factory=dict)
    is_active: Annotated[bool, Meta(description="Whether it can be bought.")] = True
    is_public: Annotated[bool, Meta(description="Whether the public catalogue shows it.")] = True
    sort_order: Annotated[int, Meta(description="Place in lists; smaller comes first.")] = 0

    def entry(self) -> PackEntry:
        """Return the core's value; ``Invalid`` names every wrong field."""
        terms = {name: getattr(self, name) for name in PackBody.__struct_fields__}
        terms["items"] = [PackItemBody(**structs.asdict(item)) for item in self.items]
        return PackBody(**terms).entry(self.slug)


class Create(_Terms, Writing, tag="create"):
    """Offer several plans as one."""

    needs = _EDIT
    platform = True
    routes = ("POST /admin/packs",)

    async def run(self, call: Call) -> AdminPackAnswer:
        """Call ``SavePack`` for a new one."""
        return AdminPackAnswer.of(await call.use(SavePack)(call.actor, self.entry(), MUST_BE_NEW))


class Update(_Terms, tag="update"):
    """Set a pack's terms and items, whole; who has it keeps what was bought until the next cycle."""

    effect = Effect.SETS
    needs = _EDIT
    platform = True
    routes = (f"PUT {_ONE}",)

    expected_version: given.ExpectedVersion | None = None

    async def run(self, call: Call) -> AdminPackAnswer:
        """Call ``SavePack``."""
        return AdminPackAnswer.of(await call.use(SavePack)(call.actor, self.entry(), self.expected_version))


class Deactivate(Confirmed, tag="deactivate"):
    """Take a pack out of the catalogue: nobody new can choose it, and who has it keeps it."""

    needs = _EDIT
    platform = True
    routes = (f"DELETE {_ONE}",)

    slug: given.PackSlug

    async def run(self, call: Call) -> AdminPackAnswer:
        """Call ``DeactivatePack``."""
        return AdminPackAnswer.of(await call.use(DeactivatePack)(call.actor, self.slug))


class History(bought.One, Listed, tag="history"):
    """Tell what happened to a subscription to a pack and who did it, newest first."""

    needs = (Permission.ADMIN_SUBSCRIPTIONS,)
    routes = ("GET /admin/packs/subscriptions/{pack_subscription_id}/history",)

    async def run(self, call: Call) -> Listing[AuditEntryAnswer]:
        """Call ``ReadHistory``."""
        found = await call.use(ReadHistory)(call.actor, PACK_SUBSCRIPTION, self.wanted, call.page)
        return listing(found, AuditEntryAnswer.of)


TOOL = Tool(
    name="manage_packs",
    title="Packs",
    about="Packs: several plans sold as one at a price of their own; what is on offer, and customers' subscriptions"
    " to them.",
    actions=(List, ListAll, Get, Create, Update, Deactivate, *bought.ACTIONS, History),
)
