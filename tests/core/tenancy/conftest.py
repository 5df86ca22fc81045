"""The people of these stories, and the use cases they call."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.tax.vat_id import VatNumberFormat
from scaicontrol_core.tenancy.partner import NewPartner, Partner
from scaicontrol_core.tenancy.tenant import Tenant
from scaicontrol_core.tenancy.use_cases.bootstrap_operator import BootstrapOperator
from scaicontrol_core.tenancy.use_cases.create_partner import CreatePartner
from scaicontrol_core.tenancy.use_cases.create_tenant import CreateTenant, NewTenant
from scaicontrol_core.testing import MemoryUnitOfWorkFactory, builders


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


@pytest.fixture
async def operator(call: Any) -> Partner:
    """The operator, billable."""
    wanted = NewPartner(name="ScaiLabs", configuration=builders.seller_configuration())
    return await call(BootstrapOperator)(People.platform, wanted)  # type: ignore[no-any-return]


@pytest.fixture
async def reseller(call: Any, operator: Partner) -> Partner:
    """A reseller, not billable yet."""
    return await call(CreatePartner)(People.platform, NewPartner(name="Resell B.V."))  # type: ignore[no-any-return]


@pytest.fixture
async def customer(call: Any, operator: Partner) -> Tenant:
    """A customer of the operator, without a billing profile."""
    wanted = NewTenant(name="Bakkerij Jansen", external_reference="t001")
    return await call(CreateTenant)(People.platform, wanted)  # type: ignore[no-any-return]


@pytest.fixture
def nobody() -> TenantId:
    """The id of no tenant."""
    return TenantId("tnt_nobody")
