"""Routes of those who edit packs, below ``/admin/packs``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import field, structs

from scaicontrol_core.catalog.catalogue_file import PackEntry, read_pack
from scaicontrol_core.catalog.ports import PACKS
from scaicontrol_core.catalog.priced_pack import ID_PREFIX, PricedPack
from scaicontrol_core.catalog.use_cases.deactivate_pack import DeactivatePack
from scaicontrol_core.catalog.use_cases.get_pack import GetPack
from scaicontrol_core.catalog.use_cases.list_packs import ListPacks
from scaicontrol_core.catalog.use_cases.save_pack import MUST_BE_NEW, SavePack
from scaicontrol_http.catalog.schemas import PackAnswer
from scaicontrol_http.dependencies import Actor, Container, ExpectedVersion, PageRequest
from scaicontrol_http.requests import Body, Listing, etag, listing
from scaicontrol_http.sorting import SORTING

_TAG = "Admin: registry"
_ONE = "/admin/packs/{slug:str}"


class PackItemBody(Body, kw_only=True):
    """A plan in a pack, by its key; ``override_price_cents`` takes the place of the plan's price in the sum."""

    plan: str
    override_price_cents: int | None = None


class PackBody(Body):
    """A pack's terms and items, whole."""

    name: str
    billing_period: str
    currency: str
    items: list[PackItemBody]
    description: str = ""
    icon_url: str | None = None
    base_price_cents: int = 0
    discount_type: str = "fixed_price"
    discount_percentage: str | None = None
    trial_days: int = 0
    features: dict[str, Any] = field(default_factory=dict)
    is_active: bool = True
    is_public: bool = True
    sort_order: int = 0

    def entry(self, slug: str) -> PackEntry:
        """Return the core's value; ``Invalid`` names every wrong field."""
        items = [structs.asdict(item) for item in self.items]
        return read_pack(structs.asdict(self) | {"slug": slug, "items": items})


class NewPackBody(PackBody, kw_only=True):
    """A pack to offer."""

    slug: str


class AdminPackAnswer(PackAnswer):
    """A pack as its editors see it; ``price_cents`` is its price today, whatever its type."""

    base_price_cents: int
    is_active: bool
    is_public: bool
    sort_order: int
    created_at: datetime
    version: int

    @classmethod
    def of(cls, priced: PricedPack) -> AdminPackAnswer:
        """Show a pack."""
        pack = priced.pack
        return cls(
            **structs.asdict(PackAnswer.of(priced)),
            base_price_cents=pack.terms.base_price_cents,
            is_active=pack.is_active,
            is_public=pack.is_public,
            sort_order=pack.terms.sort_order,
            created_at=pack.created_at,
            version=pack.version,
        )


@get("/admin/packs", tags=[_TAG], summary="List all packs", opt={SORTING: PACKS})
async def list_all_packs(container: Container, actor: Actor, page: PageRequest) -> Listing[AdminPackAnswer]:
    """Every pack, hidden ones included."""
    return listing(await container.use(ListPacks)(actor, page, include_hidden=True), AdminPackAnswer.of)


@post("/admin/packs", tags=[_TAG], summary="Offer a pack", opt={"idempotent": True})
async def create_pack(container: Container, actor: Actor, data: JSONBody[NewPackBody]) -> Response[AdminPackAnswer]:
    """Offer several plans as one line."""
    return _answer(await container.use(SavePack)(actor, data.entry(data.slug), MUST_BE_NEW), 201)


@get(_ONE, tags=[_TAG], summary="Show a pack")
async def get_pack(container: Container, actor: Actor, slug: FromPath[str]) -> Response[AdminPackAnswer]:
    """One pack, by its slug or its id, at today's price."""
    return _answer(await container.use(GetPack)(actor, slug))


@put(_ONE, tags=[_TAG], summary="Set a pack's terms and items")
async def save_pack(
    container: Container,
    actor: Actor,
    slug: FromPath[str],
    data: JSONBody[PackBody],
    expected_version: ExpectedVersion,
) -> Response[AdminPackAnswer]:
    """Create or replace it, all its items too; who has it keeps what was bought until the next cycle."""
    if slug.startswith(ID_PREFIX):
        slug = (await container.use(GetPack)(actor, slug)).pack.slug
    return _answer(await container.use(SavePack)(actor, data.entry(slug), expected_version))


@delete(_ONE, tags=[_TAG], summary="Deactivate a pack", status_code=200)
async def deactivate_pack(container: Container, actor: Actor, slug: FromPath[str]) -> Response[AdminPackAnswer]:
    """Take it out of the catalogue: nobody new can choose it, and who has it keeps it. A repeat changes nothing."""
    return _answer(await container.use(DeactivatePack)(actor, slug))


def _answer(priced: PricedPack, status_code: int = 200) -> Response[AdminPackAnswer]:
    answer = AdminPackAnswer.of(priced)
    return Response(answer, status_code=status_code, headers=etag(priced.pack.version, answer.price_cents))


ROUTES = (list_all_packs, create_pack, get_pack, save_pack, deactivate_pack)
