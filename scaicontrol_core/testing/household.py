"""A household for stories of identity: an operator, a reseller with a customer, and a directory of their people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define, evolve, field, fields

from scaicontrol_core.access import Actor
from scaicontrol_core.identity.group import Group
from scaicontrol_core.identity.lifecycle import GroupStatus
from scaicontrol_core.identity.ports import GroupFilter, UserFilter
from scaicontrol_core.identity.run import SyncReport
from scaicontrol_core.identity.snapshot import DirectoryGroup, DirectoryMembership, DirectoryUser, Snapshot
from scaicontrol_core.identity.use_cases.sync_directory import SyncDirectory
from scaicontrol_core.identity.user import User
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.tax import VatNumberFormat
from scaicontrol_core.tenancy.partner import NewPartner
from scaicontrol_core.tenancy.use_cases.bootstrap_operator import BootstrapOperator
from scaicontrol_core.tenancy.use_cases.create_partner import CreatePartner
from scaicontrol_core.tenancy.use_cases.create_tenant import CreateTenant, NewTenant
from scaicontrol_core.testing.builders import seller_configuration
from scaicontrol_core.testing.clock import FixedClock
from scaicontrol_core.testing.directory import MemoryDirectory
from scaicontrol_core.testing.ids import SequentialIds

BOSS = Actor.operator("tests")
ALL = PageRequest(limit=200)


async def _once(attempt: Callable[[], Awaitable[Any]]) -> Any:
    return await attempt()


@define
class House:
    """What everybody in these stories has before them."""

    work: Any
    clock: FixedClock = field(factory=FixedClock)
    ids: SequentialIds = field(factory=SequentialIds)
    directory: MemoryDirectory = field(factory=MemoryDirectory)
    retry: Any = _once
    vat_numbers: VatNumberFormat = field(factory=VatNumberFormat)
    operator: PartnerId = field(init=False)
    reseller: PartnerId = field(init=False)
    acme: TenantId = field(init=False)
    theirs: TenantId = field(init=False)

    @classmethod
    async def built(cls, work: Any, retry: Any = _once) -> House:
        """Build it: Acme is the operator's customer, Theirs the reseller's."""
        house = cls(work, retry=retry)
        new = NewPartner(name="House", configuration=seller_configuration())
        house.operator = (await house.use(BootstrapOperator)(BOSS, new)).id
        house.reseller = (await house.use(CreatePartner)(BOSS, NewPartner(name="Reseller"))).id
        create = house.use(CreateTenant)
        house.acme = (await create(BOSS, NewTenant(name="Acme"))).id
        house.theirs = (await create(BOSS, NewTenant(name="Theirs", partner_id=house.reseller))).id
        return house

    def use(self, use_case: type[Any]) -> Any:
        """Return a use case with what it asks for."""
        return use_case(**{each.name: getattr(self, each.name) for each in fields(use_case)})

    async def sync(self, **how: Any) -> SyncReport:
        """Follow the directory."""
        report: SyncReport = await self.use(SyncDirectory)(Actor.system("sync"), **how)
        return report

    def knows(self, *users: DirectoryUser) -> None:
        """Let the directory know these users besides those it knows."""
        known = dict(self.directory.snapshot.users) | {user.id: user for user in users}
        self.directory.snapshot = evolve(self.directory.snapshot, users=known)

    def groups(self, **members: list[str]) -> None:
        """Let the directory have these groups of the operator, and these memberships alone."""
        groups = {name: DirectoryGroup(id=name, name=name.title()) for name in members}
        pairs = frozenset(
            DirectoryMembership(group_id=name, user_id=user) for name, users in members.items() for user in users
        )
        self.directory.snapshot = evolve(self.directory.snapshot, groups=groups, memberships=pairs)

    def forget(self, *names: str) -> None:
        """Let the directory know these users no more."""
        users = {key: user for key, user in self.directory.snapshot.users.items() if key not in names}
        pairs = frozenset(each for each in self.directory.snapshot.memberships if each.user_id not in names)
        self.directory.snapshot = evolve(self.directory.snapshot, users=users, memberships=pairs)

    async def people(self, actor: Actor = BOSS, **criteria: Any) -> dict[str, User]:
        """Return the users that somebody sees, by external id; the active one of several."""
        async with self.work.begin(actor, read_only=True) as work:
            found = (await work.users.list(ALL, UserFilter(**criteria))).items
        return {user.external_id: user for user in sorted(found, key=lambda user: user.is_active)}

    async def teams(self, actor: Actor = BOSS, **criteria: Any) -> dict[str, Group]:
        """Return the groups that somebody sees, by name."""
        async with self.work.begin(actor, read_only=True) as work:
            return {group.name: group for group in (await work.groups.list(ALL, GroupFilter(**criteria))).items}

    async def mirrored(self) -> Snapshot:
        """Return what we took over that counts, as a directory would say it."""
        async with self.work.begin(BOSS, read_only=True) as work:
            users = [user for user in (await work.users.list(ALL, UserFilter())).items if user.is_active]
            listed = await work.groups.list(ALL, GroupFilter(is_synced=True, status=GroupStatus.ACTIVE))
            groups = listed.items
            keys = [(group.id, user.id) for group in groups for user in users]
            members = await work.members.among(keys)
        user_of, group_of = (
            {each.id: each.external_id for each in users},
            {each.id: each.external_id for each in groups},
        )
        return Snapshot(
            users={
                user.external_id: DirectoryUser(
                    id=user.external_id,
                    name=user.name,
                    email=user.email,
                    partner_id=user.partner_id,
                    tenant_id=user.tenant_id,
                    roles=user.directory_roles,
                )
                for user in users
            },
            groups={
                str(group.external_id): DirectoryGroup(
                    id=str(group.external_id),
                    name=group.name,
                    description=group.description,
                    partner_id=group.partner_id,
                    tenant_id=group.tenant_id,
                    roles=group.directory_roles,
                )
                for group in groups
            },
            memberships=frozenset(
                DirectoryMembership(group_id=str(group_of[each.group_id]), user_id=user_of[each.user_id])
                for each in members
            ),
        )


def user(external_id: str, **said: Any) -> DirectoryUser:
    """Return a user of the directory."""
    return DirectoryUser(**({"id": external_id, "name": external_id.title(), "email": f"{external_id}@a.eu"} | said))
