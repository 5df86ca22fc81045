"""``If-Match`` at every route that edits: the change is made on the version that the caller saw, or not at all.

A route's path says what it edits. The version is compared within the use case's own transaction,
before it does anything: what it then loads is what was compared, and saving checks it once more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from attrs import define, field
from litestar.routes import HTTPRoute

from scaicontrol_core.kernel.editing import require_version
from scaicontrol_core.kernel.work import ActsInScope, UnitOfWorkFactory

if TYPE_CHECKING:
    from litestar import Litestar

    from scaicontrol_adapters.container import Container

#: Loads from a unit of work what the parameters of a path name: anything with a version.
Load = Callable[[Any, Mapping[str, str]], Awaitable[Any]]
#: Where a route's ``opt`` has how to load what it edits.
EDITS = "edits"


def _by_id(collection: str, parameter: str) -> Load:
    async def load(work: Any, path: Mapping[str, str]) -> Any:
        return await getattr(work, collection).get(path[parameter])

    return load


async def _plan(work: Any, path: Mapping[str, str]) -> Any:
    return await work.plans.by_key(f"{path['slug']}.{path['plan']}")


async def _pack(work: Any, path: Mapping[str, str]) -> Any:
    key = path["slug"]
    found = await work.packs.find_by_slug(key)
    return found if found is not None else await work.packs.get(key)


#: What is edited at an address and below it; the longest that fits counts.
RESOURCES: Mapping[str, Load] = {
    "/admin/tenants/{tenant_id}": _by_id("tenants", "tenant_id"),
    "/admin/tenants/{tenant_id}/billing-profile": _by_id("billing_profiles", "tenant_id"),
    "/admin/tenants/{tenant_id}/vat-check": _by_id("billing_profiles", "tenant_id"),
    "/admin/partners/{partner_id}": _by_id("partners", "partner_id"),
    "/admin/subscriptions/{subscription_id}": _by_id("subscriptions", "subscription_id"),
    "/subscriptions/{subscription_id}": _by_id("subscriptions", "subscription_id"),
    "/admin/packs/subscriptions/{pack_subscription_id}": _by_id("pack_subscriptions", "pack_subscription_id"),
    "/pack-subscriptions/{pack_subscription_id}": _by_id("pack_subscriptions", "pack_subscription_id"),
    "/admin/users/{user_id}": _by_id("users", "user_id"),
    "/admin/groups/{group_id}": _by_id("groups", "group_id"),
    "/admin/roles/{role_id}": _by_id("custom_roles", "role_id"),
    "/admin/tenants/{tenant_id}/payment-methods/{payment_method_id}": _by_id("payment_methods", "payment_method_id"),
    "/billing/payment-methods/{payment_method_id}": _by_id("payment_methods", "payment_method_id"),
    "/admin/invoices/{invoice_id}": _by_id("invoices", "invoice_id"),
    "/admin/billing/templates/{template_id}": _by_id("templates", "template_id"),
    "/admin/webhook-subscriptions/{webhook_id}": _by_id("webhook_subscriptions", "webhook_id"),
    "/admin/registry/services/{slug}/plans/{plan}": _plan,
    "/admin/packs/{slug}": _pack,
}
#: What stands below one of these and edits nothing of it, and why.
APART: Mapping[str, str] = {
    "/admin/tenants/{tenant_id}/payment-methods": "a new payment method; the tenant stays as it is",
    "/admin/partners/{partner_id}/assets": "a new asset; the partner stays as it is",
    "/admin/partners/{partner_id}/assets/{asset_id}": "an asset is never changed, only taken out of use",
    "/admin/packs/{slug}/subscribe": "a new subscription; the pack stays as it is",
    "/admin/invoices/{invoice_id}/credit-note/preview": "writes nothing",
    "/admin/subscriptions/{subscription_id}/change-plan/preview": "writes nothing",
    "/subscriptions/{subscription_id}/change-plan/preview": "writes nothing",
    "/admin/billing/templates/{template_id}/copy": "a new template; the old one stays as it is",
    "/admin/webhook-subscriptions/{webhook_id}/test": "an event; the subscription stays as it is",
    "/admin/webhook-subscriptions/{webhook_id}/replay-since": "new deliveries; the subscription stays as it is",
    "/admin/webhook-subscriptions/{webhook_id}/replay-dead": "new deliveries; the subscription stays as it is",
}


def edited_at(path: str) -> Load | None:
    """Return how to load what a writing route of this path edits, or None."""
    if path in APART:
        return None
    steps = path.split("/")
    for length in range(len(steps), 1, -1):
        found = RESOURCES.get("/".join(steps[:length]))
        if found is not None:
            return found
    return None


def note_edits(app: Litestar, prefix: str) -> None:
    """Note with every writing route below the prefix what it edits."""
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path_format.startswith(prefix):
            load = edited_at(route.path_format.removeprefix(prefix))
            for method, (handler, _) in route.route_handler_map.items():
                if load is not None and method not in {"GET", "HEAD", "OPTIONS"}:
                    handler.opt[EDITS] = load


def seeing(container: Container, load: Load, path: Mapping[str, str], version: int) -> Container:
    """Return a container whose use cases find this version of what the path names, or raise ``Stale``."""
    return container.over(_Seeing(container.work, load, path, version))


@define
class _Seeing:
    """Begins units of work over one version of a thing, until one of them was written."""

    _inner: UnitOfWorkFactory[Any]
    _load: Load
    _path: Mapping[str, str]
    _version: int
    _written: bool = field(default=False, init=False)

    @asynccontextmanager
    async def begin(self, actor: ActsInScope, *, read_only: bool = False) -> AsyncIterator[Any]:
        """Open a transaction."""
        async with self._inner.begin(actor, read_only=read_only) as work:
            if not (read_only or self._written):
                require_version(self._version, (await self._load(work, self._path)).version)
            yield work
        self._written = self._written or not read_only
