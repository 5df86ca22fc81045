"""Administering users, groups and roles: who may look, who may give, and what nobody may give themselves."""

from __future__ import annotations

import pytest

from scaicontrol_core.access import Actor, ActorKind, Permission, Role
from scaicontrol_core.identity.errors import PermissionBeyondOwn, RoleBeyondOwn, RoleIsDeleted
from scaicontrol_core.identity.group import GroupName
from scaicontrol_core.identity.lifecycle import GroupStatus
from scaicontrol_core.identity.role import NewRole, RoleContent
from scaicontrol_core.identity.use_cases.create_group import CreateGroup, NewGroup
from scaicontrol_core.identity.use_cases.create_role import CreateRole
from scaicontrol_core.identity.use_cases.delete_group import DeleteGroup
from scaicontrol_core.identity.use_cases.delete_role import DeleteRole
from scaicontrol_core.identity.use_cases.get_group import GetGroup
from scaicontrol_core.identity.use_cases.get_role import GetRole
from scaicontrol_core.identity.use_cases.get_user import GetUser
from scaicontrol_core.identity.use_cases.list_groups import ListGroups
from scaicontrol_core.identity.use_cases.list_roles import ListRoles
from scaicontrol_core.identity.use_cases.list_users import ListUsers
from scaicontrol_core.identity.use_cases.read_standing import ReadStanding
from scaicontrol_core.identity.use_cases.rename_group import RenameGroup
from scaicontrol_core.identity.use_cases.set_user_roles import SetUserRoles
from scaicontrol_core.identity.use_cases.update_role import UpdateRole
from scaicontrol_core.kernel.errors import Forbidden, NotFound
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.testing.household import ALL, BOSS, House, user

USERS_ONLY = RoleContent(permissions=(Permission.ADMIN_USERS, Permission.ADMIN_GROUPS))


def clerk_of(house: House) -> Actor:
    """Return somebody of the reseller's who may administer users and groups, and nothing else."""
    permissions = frozenset(USERS_ONLY.permissions)
    return Actor(ActorKind.USER, "clerk", Scope.partner(house.reseller), permissions, frozenset({"clerk"}))


async def test_a_group_is_made_renamed_and_deleted(house: House) -> None:
    group = await house.use(CreateGroup)(BOSS, NewGroup(name=GroupName(name="Night"), tenant_id=house.theirs))
    assert group.partner_id == house.reseller, "a tenant's group is its partner's"
    await house.use(RenameGroup)(BOSS, group.id, GroupName(name="Day"))
    assert [each.name for each in (await house.use(ListGroups)(BOSS, ALL)).items] == ["Day"]
    await house.use(DeleteGroup)(BOSS, group.id)
    await house.use(DeleteGroup)(BOSS, group.id)
    assert (await house.use(GetGroup)(BOSS, group.id)).status is GroupStatus.REMOVED


async def test_a_clerk_gives_no_more_than_a_clerk_has(house: House) -> None:
    house.knows(user("rita", partner_id=house.reseller), user("theo", tenant_id=house.theirs))
    await house.sync()
    people, clerk = await house.people(), clerk_of(house)
    for who, role in (("rita", "partner_admin"), ("theo", "tenant_admin")):
        with pytest.raises(RoleBeyondOwn):
            await house.use(SetUserRoles)(clerk, people[who].id, [role])
    more = RoleContent(permissions=(Permission.ADMIN_BILLING,))
    with pytest.raises(PermissionBeyondOwn):
        await house.use(CreateRole)(clerk, NewRole(name="more", content=more))
    own = await house.use(CreateRole)(clerk, NewRole(name="clerk", content=USERS_ONLY))
    with pytest.raises(PermissionBeyondOwn):
        await house.use(UpdateRole)(clerk, own.id, more)
    await house.use(SetUserRoles)(clerk, people["rita"].id, ["clerk"])
    await house.use(UpdateRole)(Actor.partner_admin("boss", house.reseller), own.id, more)
    with pytest.raises(RoleBeyondOwn):
        await house.use(SetUserRoles)(clerk, people["rita"].id, [])


async def test_a_deleted_role_stays_to_be_read_and_changes_no_more(house: House) -> None:
    made = await house.use(CreateRole)(BOSS, NewRole(name="clerk", content=USERS_ONLY, partner_id=house.reseller))
    rita = Actor.partner_admin("rita", house.reseller)
    names = [each.name for each in (await house.use(ListRoles)(rita, ALL)).items]
    assert names == ["clerk", "partner_admin", "super_admin", "tenant_admin"]
    elsewhere = [each.name for each in (await house.use(ListRoles)(BOSS, ALL, house.operator)).items]
    assert "clerk" not in elsewhere
    await house.use(DeleteRole)(rita, made.id)
    assert (await house.use(GetRole)(rita, made.id)).is_deleted
    with pytest.raises(RoleIsDeleted):
        await house.use(UpdateRole)(rita, made.id, RoleContent(permissions=()))


async def test_whoever_administers_nobody_sees_nobody(house: House) -> None:
    house.knows(user("ann"), user("bob"))
    await house.sync()
    ann = (await house.people())["ann"]
    customer = Actor.tenant_user("tom", house.acme, house.operator, Role.TENANT_ADMIN)
    for attempt in (
        house.use(ListUsers)(customer, ALL),
        house.use(ListGroups)(customer, ALL),
        house.use(ListRoles)(customer, ALL),
        house.use(GetUser)(customer, ann.id),
        house.use(SetUserRoles)(customer, ann.id, ["tenant_admin"]),
        house.use(ReadStanding)(customer, "ann"),
    ):
        with pytest.raises(Forbidden):
            await attempt
    with pytest.raises(NotFound):
        await house.use(SetUserRoles)(Actor.partner_admin("rita", house.reseller), ann.id, [])
