"""What happens to the catalogue. The log hears all of it; the outside what buyers may know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from scaicontrol_core.catalog.offered import OfferedPlan, OfferedService
from scaicontrol_core.kernel.events import Event, to_json

if TYPE_CHECKING:
    from scaicontrol_core.catalog.pack import PackTerms
    from scaicontrol_core.catalog.pack_offer import PackItem
    from scaicontrol_core.catalog.plan import PlanTerms
    from scaicontrol_core.catalog.service import ServiceTerms


def _without_offer(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name != "offered"}


def _told(event: Event, offered: OfferedPlan | OfferedService) -> dict[str, Any]:
    """Return how it is now, and which of that changed."""
    shown: dict[str, Any] = to_json(offered)
    differs = sorted(shown.keys() & event.changes.keys())
    return {"change_kind": event.action.rpartition(".")[2], "changed_fields": differs, **shown}


@frozen(kw_only=True)
class ServiceEvent(Event):
    """Something about a service; ``offered`` is what the outside is told of it, as it is now."""

    topic: ClassVar[str | None] = "catalog.service_changed.v1"
    resource_type: ClassVar[str] = "service"

    slug: str
    offered: OfferedService

    def payload(self) -> dict[str, Any]:
        """Return what the audit log keeps: what changed is beside it."""
        return _without_offer(super().payload())

    def told(self) -> dict[str, Any]:
        """Return what the outside is told."""
        return _told(self, self.offered)


@frozen(kw_only=True)
class PlanEvent(Event):
    """Something about a plan; ``offered`` is what the outside is told of it, as it is now."""

    topic: ClassVar[str | None] = "catalog.plan_changed.v1"
    resource_type: ClassVar[str] = "plan"

    plan_key: str
    offered: OfferedPlan

    def payload(self) -> dict[str, Any]:
        """Return what the audit log keeps: what changed is beside it."""
        return _without_offer(super().payload())

    def told(self) -> dict[str, Any]:
        """Return what the outside is told."""
        return _told(self, self.offered)


@frozen(kw_only=True)
class ServiceCreated(ServiceEvent):
    """A service came into the catalogue."""

    action: ClassVar[str] = "service.created"
    terms: ServiceTerms


@frozen(kw_only=True)
class ServiceUpdated(ServiceEvent):
    """A service changed; ``changes`` say what."""

    action: ClassVar[str] = "service.updated"


@frozen(kw_only=True)
class PlanCreated(PlanEvent):
    """A plan is offered."""

    action: ClassVar[str] = "plan.created"
    terms: PlanTerms


@frozen(kw_only=True)
class PlanUpdated(PlanEvent):
    """A plan changed; ``changes`` say what."""

    action: ClassVar[str] = "plan.updated"


@frozen(kw_only=True)
class PlanRatesRefreshed(PlanEvent):
    """The rates of a cost-based plan followed its costs; ``changes`` say from what to what."""

    action: ClassVar[str] = "plan.rates_refreshed"


@frozen(kw_only=True)
class PlanDeactivated(PlanEvent):
    """A plan is no longer sold."""

    action: ClassVar[str] = "plan.deactivated"


@frozen(kw_only=True)
class PlanDeleted(PlanEvent):
    """A plan nobody was on is gone."""

    action: ClassVar[str] = "plan.deleted"


@frozen(kw_only=True)
class PackCreated(Event):
    """A pack is offered."""

    action: ClassVar[str] = "pack.created"
    resource_type: ClassVar[str] = "pack"
    slug: str
    terms: PackTerms
    items: tuple[PackItem, ...]


@frozen(kw_only=True)
class PackUpdated(Event):
    """A pack changed; ``changes`` say what."""

    action: ClassVar[str] = "pack.updated"
    resource_type: ClassVar[str] = "pack"
    slug: str


@frozen(kw_only=True)
class PackDeactivated(Event):
    """A pack is no longer sold."""

    action: ClassVar[str] = "pack.deactivated"
    resource_type: ClassVar[str] = "pack"
    slug: str
