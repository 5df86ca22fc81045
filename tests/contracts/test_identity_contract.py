"""What every store promises of users, groups and roles: the same directory, the same scopes, the same conflicts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from scaicontrol_adapters.sql.retry import Backoff
from scaicontrol_core.access import Actor, Permission, Role
from scaicontrol_core.identity.errors import RoleInUse, RoleNameTaken, SyncRunning
from scaicontrol_core.identity.group import GroupName
from scaicontrol_core.identity.role import NewRole, RoleContent
from scaicontrol_core.identity.run import Tally
from scaicontrol_core.identity.use_cases.add_group_member import AddGroupMember
from scaicontrol_core.identity.use_cases.create_group import CreateGroup, NewGroup
from scaicontrol_core.identity.use_cases.create_role import CreateRole
from scaicontrol_core.identity.use_cases.delete_role import DeleteRole
from scaicontrol_core.identity.use_cases.get_user import GetUser
from scaicontrol_core.identity.use_cases.read_standing import ReadStanding
from scaicontrol_core.identity.use_cases.remove_group_member import RemoveGroupMember
from scaicontrol_core.identity.use_cases.set_group_roles import SetGroupRoles
from scaicontrol_core.identity.use_cases.set_user_roles import SetUserRoles
from scaicontrol_core.identity.use_cases.update_role import UpdateRole
from scaicontrol_core.kernel.errors import NotFound, OutOfScope, Stale
from scaicontrol_core.testing.household import BOSS, House, user

TELLER = NewRole(name="teller", content=RoleContent(permissions=(Permission.BILLING_MANAGE,)))


@pytest.fixture
async def house(work_factory: Any) -> House:
    """A house over one store after the other."""
    return await House.built(work_factory, Backoff())


async def test_a_directory_is_followed_by_pages(house: House) -> None:
    house.directory.size = 2
    house.knows(*(user(name) for name in ("ann", "bob", "Cid", "dot", "eve")), user("theo", tenant_id=house.theirs))
    house.groups(sales=["ann", "bob"], ops=["ann", "Cid", "eve"])
    report = await house.sync()
    assert (report.users, report.groups, report.memberships) == (Tally(added=6), Tally(added=2), Tally(added=5))
    mirror = await house.mirrored()
    assert mirror.memberships == house.directory.snapshot.memberships
    house.forget("bob")
    report = await house.sync()
    assert (report.users, report.memberships) == (Tally(unchanged=5, removed=1), Tally(unchanged=4, removed=1))
    assert (await house.sync()).users == Tally(unchanged=5)


async def test_ids_are_exact_whatever_their_case(house: House) -> None:
    house.knows(user("ann"), user("Ann"), user("àn n"))
    assert (await house.sync()).users == Tally(added=3)
    assert (await house.sync()).users == Tally(unchanged=3)


async def test_two_readings_at_once_are_one(house: House) -> None:
    house.knows(*(user(f"u{number}") for number in range(8)))
    house.directory.size = 2
    outcomes = await asyncio.gather(*(house.sync() for _ in range(3)), return_exceptions=True)
    done = [each for each in outcomes if not isinstance(each, BaseException)]
    assert all(isinstance(each, SyncRunning) for each in outcomes if isinstance(each, BaseException))
    assert done[0].users.added + done[0].users.unchanged == 8
    assert len(await house.people()) == 8


async def test_a_partner_sees_and_writes_its_own_alone(house: House) -> None:
    house.knows(user("ann"), user("theo", tenant_id=house.theirs), user("rita", partner_id=house.reseller))
    house.groups(sales=["ann"])
    await house.sync()
    rita, ann = Actor.partner_admin("rita", house.reseller), (await house.people())["ann"]
    assert (await house.people(rita)).keys() == {"rita", "theo"}
    assert await house.teams(rita) == {}
    with pytest.raises(NotFound):
        await house.use(GetUser)(rita, ann.id)
    customer = Actor.tenant_user("tom", house.theirs, house.reseller, Role.TENANT_ADMIN)
    assert await house.people(customer) == {}
    ann.assign(["partner_admin"], by="rita", at=house.clock.now())
    async with house.work.begin(rita) as work:
        with pytest.raises(OutOfScope):
            await work.users.save(ann)


async def test_roles_of_ones_own(house: House) -> None:
    house.knows(user("ann"), user("bob"))
    await house.sync()
    made = await house.use(CreateRole)(BOSS, TELLER)
    with pytest.raises(RoleNameTaken):
        await house.use(CreateRole)(BOSS, TELLER)
    ann = (await house.people())["ann"]
    await house.use(SetUserRoles)(BOSS, ann.id, ["teller"])
    assert (await house.people(role="teller")).keys() == {"ann"}
    assert (await house.use(GetUser)(BOSS, ann.id)).local_permissions == (Permission.BILLING_MANAGE,)
    with pytest.raises(RoleInUse):
        await house.use(DeleteRole)(BOSS, made.id)
    changed = await house.use(UpdateRole)(BOSS, made.id, RoleContent(permissions=(Permission.BILLING_READ,)))
    with pytest.raises(Stale):
        await house.use(UpdateRole)(BOSS, made.id, RoleContent(permissions=()), changed.version - 1)
    await house.use(SetUserRoles)(BOSS, ann.id, [])
    await house.use(DeleteRole)(BOSS, made.id)
    assert (await house.use(CreateRole)(BOSS, TELLER)).id != made.id, "the name is free again"


async def test_a_standing_has_the_roles_of_groups_too(house: House) -> None:
    house.knows(user("ann"), user("bob", tenant_id=house.acme))
    await house.sync()
    people = await house.people()
    await house.use(CreateRole)(BOSS, TELLER)
    group = await house.use(CreateGroup)(BOSS, NewGroup(name=GroupName(name="Tellers")))
    await house.use(SetGroupRoles)(BOSS, group.id, ["teller", "super_admin"])
    for one in people.values():
        await house.use(AddGroupMember)(BOSS, group.id, one.id)
    anns = await house.use(ReadStanding)(BOSS, "ann")
    assert anns.grants.role_names == {"teller", "super_admin"}
    bobs = await house.use(ReadStanding)(BOSS, "bob")
    assert bobs.grants.role_names == {"teller"}, "no customer is lifted above the tenant"
    assert await house.use(ReadStanding)(BOSS, "nobody") is None
    await house.use(RemoveGroupMember)(BOSS, group.id, people["ann"].id)
    assert (await house.use(ReadStanding)(BOSS, "ann")).grants.role_names == frozenset()
    house.forget("ann")
    await house.sync()
    assert not (await house.use(ReadStanding)(BOSS, "ann")).is_active
