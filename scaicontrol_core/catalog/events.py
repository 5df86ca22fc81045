"""What happens to the catalogue; only the audit log hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from scaicontrol_core.kernel.events import Event

if TYPE_CHECKING:
    from scaicontrol_core.catalog.pack import PackTerms
    from scaicontrol_core.catalog.pack_offer import PackItem
    from scaicontrol_core.catalog.plan import PlanTerms
    from scaicontrol_core.catalog.service import ServiceTerms


@frozen(kw_only=True)
class ServiceCreated(Event):
    """A service came into the catalogue."""

    action: ClassVar[str] = "service.created"
    resource_type: ClassVar[str] = "service"
    slug: str
    terms: ServiceTerms


@frozen(kw_only=True)
class ServiceUpdated(Event):
    """A service changed; ``changes`` say what."""

    action: ClassVar[str] = "service.updated"
    resource_type: ClassVar[str] = "service"
    slug: str


@frozen(kw_only=True)
class PlanCreated(Event):
    """A plan is offered."""

    action: ClassVar[str] = "plan.created"
    resource_type: ClassVar[str] = "plan"
    plan_key: str
    terms: PlanTerms


@frozen(kw_only=True)
class PlanUpdated(Event):
    """A plan changed; ``changes`` say what."""

    action: ClassVar[str] = "plan.updated"
    resource_type: ClassVar[str] = "plan"
    plan_key: str


@frozen(kw_only=True)
class PlanRatesRefreshed(Event):
    """The rates of a cost-based plan followed its costs; ``changes`` say from what to what."""

    action: ClassVar[str] = "plan.rates_refreshed"
    resource_type: ClassVar[str] = "plan"
    plan_key: str


@frozen(kw_only=True)
class PlanDeactivated(Event):
    """A plan is no longer sold."""

    action: ClassVar[str] = "plan.deactivated"
    resource_type: ClassVar[str] = "plan"
    plan_key: str


@frozen(kw_only=True)
class PlanDeleted(Event):
    """A plan nobody was on is gone."""

    action: ClassVar[str] = "plan.deleted"
    resource_type: ClassVar[str] = "plan"
    plan_key: str


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
