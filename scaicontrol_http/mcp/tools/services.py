"""``manage_services``: what is sold, before plans and prices."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from scaicontrol_core.access import Permission
from scaicontrol_core.catalog.use_cases.get_service import GetService
from scaicontrol_core.catalog.use_cases.list_services import ListServices
from scaicontrol_core.catalog.use_cases.read_catalogue_history import CatalogueSubject, ReadCatalogueHistory
from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.catalog.schemas import RegistryServiceAnswer, ServiceAnswer
from scaicontrol_http.mcp import fields as given
from scaicontrol_http.mcp.action import Action, Audience, Call, Listed, Sorted
from scaicontrol_http.mcp.tool import Tool
from scaicontrol_http.requests import Listing, listing

_EDITORS = (Permission.ADMIN_REGISTRY, Permission.ADMIN_SUBSCRIPTIONS)


class List(Sorted, tag="list"):
    """List the services on offer."""

    audience = Audience.EVERYONE
    routes = ("GET /catalog/services",)

    async def run(self, call: Call) -> Listing[ServiceAnswer]:
        """Call ``ListServices``."""
        return listing(await call.use(ListServices)(call.actor, call.page), ServiceAnswer.of)


class ListAll(Sorted, tag="list_all"):
    """List every service, hidden ones included, with what only editors see."""

    needs = _EDITORS
    routes = ("GET /admin/registry/services",)

    async def run(self, call: Call) -> Listing[RegistryServiceAnswer]:
        """Call ``ListServices`` with the hidden ones."""
        found = await call.use(ListServices)(call.actor, call.page, include_hidden=True)
        return listing(found, RegistryServiceAnswer.of)


class Get(Action, tag="get"):
    """Show one service on offer, with its metrics."""

    audience = Audience.EVERYONE
    routes = ("GET /catalog/services/{slug}",)

    service: given.ServiceSlug

    async def run(self, call: Call) -> ServiceAnswer:
        """Call ``GetService``."""
        return ServiceAnswer.of(await call.use(GetService)(call.actor, self.service))


class History(Listed, tag="history"):
    """Tell what was changed of a service and who did it, newest first."""

    needs = (Permission.ADMIN_REGISTRY,)
    platform = True
    routes = ("GET /admin/registry/services/{slug}/history",)

    service: Annotated[given.ServiceSlug, Meta(description="Slug of the service.")]

    async def run(self, call: Call) -> Listing[AuditEntryAnswer]:
        """Call ``ReadCatalogueHistory``."""
        read = call.use(ReadCatalogueHistory)
        return listing(await read(call.actor, CatalogueSubject.SERVICE, self.service, call.page), AuditEntryAnswer.of)


TOOL = Tool(
    name="manage_services",
    title="Services",
    about="The services that are sold. Their plans and prices are manage_plans, bundles of plans manage_packs.",
    actions=(List, ListAll, Get, History),
)
