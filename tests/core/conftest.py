"""What the core's tests share: a world in memory, with its clock."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.tax.vat_id import VatNumberFormat
from scaicontrol_core.tenancy.tenant import Tenant
from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, SequentialIds


@pytest.fixture
def clock() -> FixedClock:
    """A clock that tests move by hand; it begins on 15 January 2026."""
    return FixedClock()


@pytest.fixture
def world(clock: FixedClock) -> MemoryUnitOfWorkFactory:
    """Units of work over an empty store."""
    return MemoryUnitOfWorkFactory(clock, SequentialIds())


class People:
    """Actors by what they are; resellers and customers by their ids."""

    platform = Actor.system("test")

    @staticmethod
    def reseller(partner_id: PartnerId) -> Actor:
        """Rita, who runs a reseller."""
        return Actor.partner_admin("rita", partner_id)

    @staticmethod
    def customer(tenant: Tenant, *roles: Role) -> Actor:
        """Tom, who works for a customer; without a role he may look around."""
        return Actor.tenant_user("tom", tenant.id, tenant.partner_id, *roles)


class Calls:
    """Builds use cases over one world."""

    def __init__(self, world: MemoryUnitOfWorkFactory) -> None:
        self.world = world
        self._ports = {
            "work": world,
            "clock": world.clock,
            "ids": world.ids,
            "vat_numbers": VatNumberFormat(),
        }

    def use(self, kind: Any) -> Any:
        """Return the use case with the ports its fields name, as the container does."""
        return kind(**{name: self._ports[name] for name in (each.name for each in kind.__attrs_attrs__)})


@pytest.fixture
def people() -> type[People]:
    """The actors."""
    return People


@pytest.fixture
def call(world: MemoryUnitOfWorkFactory) -> Any:
    """Return a use case by its class, ready to be called."""
    return Calls(world).use
