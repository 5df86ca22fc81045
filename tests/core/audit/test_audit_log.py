"""The audit log is read across everything by the platform's own people, and by nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.audit.ports import AuditFilter
from scaicontrol_core.audit.use_cases.read_audit_log import ReadAuditLog
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.tax import VatNumberFormat
from scaicontrol_core.tenancy.partner import NewPartner
from scaicontrol_core.tenancy.use_cases.bootstrap_operator import BootstrapOperator
from scaicontrol_core.tenancy.use_cases.create_tenant import CreateTenant, NewTenant
from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, SequentialIds

BOSS = Actor.operator("boss")
ALL = PageRequest()


@pytest.fixture
async def work() -> MemoryUnitOfWorkFactory:
    """An operator, and a day later two customers."""
    clock, ids = FixedClock(), SequentialIds()
    work = MemoryUnitOfWorkFactory(clock, ids)
    await BootstrapOperator(work, clock, ids, VatNumberFormat())(BOSS, NewPartner(name="House"))
    clock.advance(days=1)
    for name in ("Acme", "Jones"):
        await CreateTenant(work, clock, ids)(Actor.system("import"), NewTenant(name=name))
    return work


async def test_everything_newest_first(work: MemoryUnitOfWorkFactory) -> None:
    page = await ReadAuditLog(work)(BOSS, ALL)
    assert [entry.resource_type for entry in page.items] == ["tenant", "tenant", "partner"]


async def test_narrowed_by_who_what_and_when(work: MemoryUnitOfWorkFactory) -> None:
    read = ReadAuditLog(work)
    assert (await read(BOSS, ALL, AuditFilter(user_id="cli:boss"))).total == 1
    assert (await read(BOSS, ALL, AuditFilter(action="tenant.created"))).total == 2
    (newest, *_, oldest) = (await read(BOSS, ALL)).items
    assert (await read(BOSS, ALL, AuditFilter(resource_id=newest.resource_id))).items == (newest,)
    assert (await read(BOSS, ALL, AuditFilter(since=newest.occurred_at))).total == 2
    assert (await read(BOSS, ALL, AuditFilter(until=newest.occurred_at))).items == (oldest,)
    assert (await read(BOSS, ALL, AuditFilter(since=newest.occurred_at + timedelta(seconds=1)))).total == 0


@pytest.mark.parametrize(
    "actor",
    [Actor.partner_admin("reseller", PartnerId("prt_1")), Actor.tenant_user("user", TenantId("tnt_1"), PartnerId("p"))],
)
async def test_nobody_else_reads_it(work: MemoryUnitOfWorkFactory, actor: Actor) -> None:
    with pytest.raises(Forbidden):
        await ReadAuditLog(work)(actor, ALL)
