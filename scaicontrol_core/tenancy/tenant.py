"""Tenant: the customer that subscribes and is billed; belongs to one partner."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import define, field, frozen

from scaicontrol_core.kernel.checks import Check, check_fields, choice, flag, maybe_text, required
from scaicontrol_core.kernel.editing import UNSET, Unset
from scaicontrol_core.kernel.events import Event, Recorder
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.tenancy.events import TenantCreated, TenantUpdated


class CollectionMethod(StrEnum):
    """How invoices are paid."""

    SEND_INVOICE = "send_invoice"
    """The customer transfers the amount."""
    CHARGE_AUTOMATICALLY = "charge_automatically"
    """We collect it by the payment method on file."""


_CHECKS: dict[str, Check] = {
    "name": required(200),
    "external_reference": maybe_text(100),
    "collection_method": choice(CollectionMethod),
    "is_active": flag,
}


@frozen(kw_only=True)
class TenantChanges:
    """A partial change of a tenant; what is ``UNSET`` stays as it is."""

    name: str | Unset = UNSET
    external_reference: str | Unset | None = UNSET
    collection_method: CollectionMethod | Unset = UNSET
    is_active: bool | Unset = UNSET

    def __attrs_post_init__(self) -> None:
        """Clean the fields that are given."""
        check_fields(self, {name: check for name, check in _CHECKS.items() if getattr(self, name) is not UNSET})


@define(kw_only=True, eq=False)
class Tenant(Recorder):
    """A customer. ``external_reference`` is the partner's own key for it, unique per partner."""

    id: TenantId
    partner_id: PartnerId
    name: str
    external_reference: str | None = None
    collection_method: CollectionMethod = CollectionMethod.SEND_INVOICE
    is_active: bool = True
    created_at: datetime
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Clean the fields and refuse what is wrong, all at once."""
        check_fields(self, _CHECKS)

    @property
    def pays_by_invoice(self) -> bool:
        """Tell whether it pays what it is sent, so that no payment method is needed."""
        return self.collection_method is CollectionMethod.SEND_INVOICE

    def record_creation(self) -> Tenant:
        """Say in the log that it is new; returns itself."""
        self._record(
            TenantCreated(
                resource_id=self.id,
                partner_id=self.partner_id,
                tenant_id=self.id,
                name=self.name,
                external_reference=self.external_reference,
                collection_method=self.collection_method.value,
            )
        )
        return self

    def update(self, changes: TenantChanges) -> None:
        """Apply a partial change; records what differs, nothing if nothing does."""
        differing = {
            name: (getattr(self, name), getattr(changes, name))
            for name in _CHECKS
            if getattr(changes, name) is not UNSET and getattr(changes, name) != getattr(self, name)
        }
        for name, (_, after) in differing.items():
            setattr(self, name, after)
        if differing:
            self._record(
                TenantUpdated(
                    resource_id=self.id,
                    partner_id=self.partner_id,
                    tenant_id=self.id,
                    ordinal=self.version + 1,
                    changes=differing,
                )
            )
