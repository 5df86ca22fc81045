"""Tenants: customers come on board, are renamed, deactivated and looked up, each within its own walls."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.kernel.editing import UNSET
from scaicontrol_core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.tenancy import CollectionMethod, Partner, Tenant, TenantFilter
from scaicontrol_core.tenancy.selling import OperatorMissing
from scaicontrol_core.tenancy.tenant import TenantChanges
from scaicontrol_core.tenancy.use_cases.create_tenant import CreateTenant, NewTenant
from scaicontrol_core.tenancy.use_cases.find_tenant import FindTenant
from scaicontrol_core.tenancy.use_cases.get_tenant import GetTenant
from scaicontrol_core.tenancy.use_cases.list_tenants import ListTenants
from scaicontrol_core.tenancy.use_cases.update_tenant import UpdateTenant
from scaicontrol_core.testing import MemoryUnitOfWorkFactory


class TestTakingOnCustomers:
    """Each belongs to one partner from the start."""

    async def test_the_platforms_customers_are_the_operators(
        self, call: Any, people: Any, operator: Partner, world: MemoryUnitOfWorkFactory
    ) -> None:
        tenant = await call(CreateTenant)(people.platform, NewTenant(name="  Bakkerij Jansen ", external_reference=""))
        assert (tenant.name, tenant.partner_id, tenant.external_reference) == ("Bakkerij Jansen", operator.id, None)
        assert tenant.collection_method is CollectionMethod.SEND_INVOICE
        assert tenant.pays_by_invoice
        assert tenant.is_active
        assert [entry.action for entry in world.store.audit][-1] == "tenant.created"

    async def test_a_resellers_customers_are_its_own(self, call: Any, people: Any, reseller: Partner) -> None:
        tenant = await call(CreateTenant)(people.reseller(reseller.id), NewTenant(name="Klant"))
        assert tenant.partner_id == reseller.id

    async def test_the_platform_may_name_the_partner(self, call: Any, people: Any, reseller: Partner) -> None:
        tenant = await call(CreateTenant)(people.platform, NewTenant(name="Klant", partner_id=reseller.id))
        assert tenant.partner_id == reseller.id

    async def test_nobody_plants_a_customer_at_a_rival(
        self, call: Any, people: Any, operator: Partner, reseller: Partner
    ) -> None:
        with pytest.raises(NotFound) as refusal:
            await call(CreateTenant)(people.reseller(reseller.id), NewTenant(name="Klant", partner_id=operator.id))
        assert refusal.value.code == "partner_not_found"

    async def test_a_partner_that_does_not_exist(self, call: Any, people: Any, operator: Partner) -> None:
        with pytest.raises(NotFound):
            await call(CreateTenant)(people.platform, NewTenant(name="Klant", partner_id=PartnerId("prt_x")))

    async def test_before_there_is_an_operator_nobody_can_be_a_customer(self, call: Any, people: Any) -> None:
        with pytest.raises(OperatorMissing):
            await call(CreateTenant)(people.platform, NewTenant(name="Klant"))

    async def test_the_same_reference_twice(self, call: Any, people: Any, customer: Tenant) -> None:
        with pytest.raises(Conflict) as refusal:
            await call(CreateTenant)(people.platform, NewTenant(name="Other", external_reference="t001"))
        assert refusal.value.code == "external_reference_taken"

    async def test_every_wrong_field_is_named(self) -> None:
        with pytest.raises(Invalid) as refusal:
            NewTenant(name="", external_reference="x" * 101, collection_method="cash")  # type: ignore[arg-type]
        assert [field.pointer for field in refusal.value.fields] == [
            "/name",
            "/external_reference",
            "/collection_method",
        ]

    async def test_a_customer_takes_on_nobody(self, call: Any, people: Any, customer: Tenant) -> None:
        for actor in (people.customer(customer, Role.TENANT_ADMIN), Actor.anonymous()):
            with pytest.raises(Forbidden):
                await call(CreateTenant)(actor, NewTenant(name="Klant"))


class TestChangingThem:
    """Only what is named changes, and the log tells from what to what."""

    async def test_a_partial_change(
        self, call: Any, people: Any, customer: Tenant, world: MemoryUnitOfWorkFactory
    ) -> None:
        changes = TenantChanges(collection_method=CollectionMethod.CHARGE_AUTOMATICALLY, is_active=False)
        tenant = await call(UpdateTenant)(people.platform, customer.id, changes, customer.version)
        assert (tenant.name, tenant.external_reference) == ("Bakkerij Jansen", "t001")
        assert not tenant.pays_by_invoice
        assert world.store.audit[-1].details["changes"] == {
            "collection_method": {"before": "send_invoice", "after": "charge_automatically"},
            "is_active": {"before": True, "after": False},
        }

    async def test_a_reference_can_be_taken_away_but_a_name_cannot(
        self, call: Any, people: Any, customer: Tenant
    ) -> None:
        tenant = await call(UpdateTenant)(people.platform, customer.id, TenantChanges(external_reference=None))
        assert tenant.external_reference is None
        with pytest.raises(Invalid):
            TenantChanges(name="")

    async def test_no_change_writes_nothing(
        self, call: Any, people: Any, customer: Tenant, world: MemoryUnitOfWorkFactory
    ) -> None:
        before = len(world.store.audit)
        await call(UpdateTenant)(people.platform, customer.id, TenantChanges(name="Bakkerij Jansen"))
        await call(UpdateTenant)(people.platform, customer.id, TenantChanges())
        assert len(world.store.audit) == before

    async def test_an_edit_of_an_old_version_is_stale(self, call: Any, people: Any, customer: Tenant) -> None:
        await call(UpdateTenant)(people.platform, customer.id, TenantChanges(name="First"), 1)
        with pytest.raises(Stale):
            await call(UpdateTenant)(people.platform, customer.id, TenantChanges(name="Second"), 1)

    async def test_somebody_elses_customer_does_not_exist(
        self, call: Any, people: Any, customer: Tenant, reseller: Partner
    ) -> None:
        with pytest.raises(NotFound):
            await call(UpdateTenant)(people.reseller(reseller.id), customer.id, TenantChanges(name="Mine"))

    def test_unset_is_neither_none_nor_true(self) -> None:
        assert not UNSET
        assert TenantChanges().external_reference is UNSET


class TestLookingThemUp:
    """Within the scope there is everything, beyond it nothing."""

    async def test_one(self, call: Any, people: Any, customer: Tenant, reseller: Partner, nobody: TenantId) -> None:
        assert (await call(GetTenant)(people.platform, customer.id)).id == customer.id
        assert (await call(GetTenant)(people.customer(customer, Role.TENANT_ADMIN), customer.id)).id == customer.id
        with pytest.raises(NotFound):
            await call(GetTenant)(people.reseller(reseller.id), customer.id)
        with pytest.raises(NotFound):
            await call(GetTenant)(people.platform, nobody)
        with pytest.raises(Forbidden):
            await call(GetTenant)(Actor.anonymous(), customer.id)

    async def test_many(self, call: Any, people: Any, customer: Tenant, reseller: Partner) -> None:
        own = await call(CreateTenant)(people.reseller(reseller.id), NewTenant(name="Slagerij"))
        listing = call(ListTenants)
        assert (await listing(people.platform, PageRequest())).total == 2
        assert [each.id for each in (await listing(people.reseller(reseller.id), PageRequest())).items] == [own.id]
        found = await listing(people.platform, PageRequest(), TenantFilter(search="T001"))
        assert [each.id for each in found.items] == [customer.id]
        with pytest.raises(Forbidden):
            await listing(people.customer(customer, Role.TENANT_ADMIN), PageRequest())

    async def test_by_whichever_name(self, call: Any, people: Any, customer: Tenant, reseller: Partner) -> None:
        own = await call(CreateTenant)(
            people.reseller(reseller.id), NewTenant(name="Slagerij", external_reference="t001")
        )
        find = call(FindTenant)
        assert (await find(people.platform, customer.id)).id == customer.id
        assert (await find(people.platform, "t001")).id == customer.id
        assert (await find(people.platform, "t001", reseller.id)).id == own.id
        assert (await find(people.reseller(reseller.id), "t001")).id == own.id
        for actor, name in ((people.reseller(reseller.id), customer.id), (people.platform, "t999")):
            with pytest.raises(NotFound) as missing:
                await find(actor, name)
            assert missing.value.code == "tenant_not_found"
