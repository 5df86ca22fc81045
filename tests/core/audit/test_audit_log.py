"""The audit log is read by the platform's own people, by partners among their own, and by nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scaicontrol_core.access import Actor, ActorKind, Permission, Role
from scaicontrol_core.audit.ports import AuditFilter
from scaicontrol_core.audit.subject import BILLING_PROFILE, PARTNER, SUBJECTS, TENANT, Subject
from scaicontrol_core.audit.use_cases.read_audit_log import ReadAuditLog
from scaicontrol_core.audit.use_cases.read_history import ReadHistory
from scaicontrol_core.kernel.errors import Forbidden, NotFound
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.tax import VatNumberFormat
from scaicontrol_core.tenancy.partner import NewPartner
from scaicontrol_core.tenancy.use_cases.bootstrap_operator import BootstrapOperator
from scaicontrol_core.tenancy.use_cases.create_partner import CreatePartner
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
    [
        Actor.tenant_user("user", TenantId("tnt_1"), PartnerId("p"), Role.TENANT_ADMIN),
        Actor(ActorKind.SERVICE, "mail", Scope.service("mail"), frozenset(Permission)),
        Actor.anonymous(),
    ],
    ids=["customer", "service", "anonymous"],
)
async def test_nobody_else_reads_it(work: MemoryUnitOfWorkFactory, actor: Actor) -> None:
    with pytest.raises(Forbidden):
        await ReadAuditLog(work)(actor, ALL)


async def test_a_partner_reads_of_its_own_and_of_nothing_else(work: MemoryUnitOfWorkFactory) -> None:
    clock, ids = work.clock, work.ids
    reseller = await CreatePartner(work, clock, ids, VatNumberFormat())(BOSS, NewPartner(name="Reseller"))
    rita = Actor.partner_admin("rita", reseller.id)
    own = await CreateTenant(work, clock, ids)(rita, NewTenant(name="Own"))
    page = await ReadAuditLog(work)(rita, ALL)
    assert {entry.resource_id for entry in page.items} == {reseller.id, own.id}
    assert page.total == len(page.items)
    everybodys = AuditFilter(action="tenant.created", partner_id=PartnerId("prt_1"))
    assert (await ReadAuditLog(work)(rita, ALL, everybodys)).total == 0


async def test_a_thing_has_a_history_for_those_who_may_see_it(work: MemoryUnitOfWorkFactory) -> None:
    (entry, *_) = (await ReadAuditLog(work)(BOSS, ALL, AuditFilter(action="tenant.created"))).items
    history = await ReadHistory(work)(BOSS, TENANT, entry.resource_id, ALL)
    assert [each.action for each in history.items] == ["tenant.created"]
    assert (await ReadHistory(work)(BOSS, BILLING_PROFILE, entry.resource_id, ALL)).items == ()
    for stranger, refusal in (
        (Actor.partner_admin("eve", PartnerId("prt_other")), NotFound),
        (Actor.tenant_user("tim", TenantId(entry.resource_id), PartnerId("p"), Role.TENANT_ADMIN), Forbidden),
        (Actor(ActorKind.SERVICE, "mail", Scope.service("mail"), frozenset(Permission)), Forbidden),
    ):
        with pytest.raises(refusal):
            await ReadHistory(work)(stranger, TENANT, entry.resource_id, ALL)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.resource_type)
async def test_what_never_was_has_no_history(work: MemoryUnitOfWorkFactory, subject: Subject) -> None:
    with pytest.raises(NotFound) as refused:
        await ReadHistory(work)(BOSS, subject, "x", ALL)
    assert refused.value.code == f"{subject.noun.replace(' ', '_')}_not_found"


async def test_nobody_says_with_what_permission_a_thing_is_read(work: MemoryUnitOfWorkFactory) -> None:
    clerk = Actor(ActorKind.USER, "clerk", Scope.platform(), frozenset({Permission.ADMIN_TENANTS}))
    with pytest.raises(Forbidden):
        await ReadHistory(work)(clerk, PARTNER, "prt_1", ALL)
    with pytest.raises(NotFound):
        await ReadHistory(work)(clerk, Subject("partner", "partner", Permission.ADMIN_TENANTS), "prt_1", ALL)
