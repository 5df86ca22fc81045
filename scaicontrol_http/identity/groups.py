"""Routes of groups: ``/admin/groups``, their members and their roles."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from scaicontrol_core.identity.lifecycle import GroupStatus
from scaicontrol_core.identity.ports import GROUPS, USERS, GroupFilter, UserFilter
from scaicontrol_core.identity.use_cases.add_group_member import AddGroupMember
from scaicontrol_core.identity.use_cases.create_group import CreateGroup
from scaicontrol_core.identity.use_cases.delete_group import DeleteGroup
from scaicontrol_core.identity.use_cases.get_group import GetGroup
from scaicontrol_core.identity.use_cases.list_groups import ListGroups
from scaicontrol_core.identity.use_cases.list_users import ListUsers
from scaicontrol_core.identity.use_cases.remove_group_member import RemoveGroupMember
from scaicontrol_core.identity.use_cases.rename_group import RenameGroup
from scaicontrol_core.identity.use_cases.set_group_roles import SetGroupRoles
from scaicontrol_core.kernel.checks import choice
from scaicontrol_core.kernel.ids import GroupId, PartnerId, TenantId, UserId
from scaicontrol_http.dependencies import Actor, Container, ExpectedVersion, PageRequest
from scaicontrol_http.identity.schemas import GroupAnswer, GroupNameBody, NewGroupBody, RolesBody, UserAnswer
from scaicontrol_http.requests import Listing, etag, listing
from scaicontrol_http.sorting import SORTING

_TAG = "Admin: groups"
_ONE = "/admin/groups/{group_id:str}"
_MEMBER = f"{_ONE}/members/{{user_id:str}}"
_status = choice(GroupStatus)
Search = Annotated[str | None, QueryParameter(name="search", description="Part of the name, whatever the case.")]


@get("/admin/groups", tags=[_TAG], summary="List groups", opt={SORTING: GROUPS})
async def list_groups(
    container: Container,
    actor: Actor,
    page: PageRequest,
    search: Search = None,
    partner_id: FromQuery[str | None] = None,
    tenant_id: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None,
    is_synced: FromQuery[bool | None] = None,
    role: FromQuery[str | None] = None,
) -> Listing[GroupAnswer]:
    """Groups within the caller's scope; those that count, unless ``status`` is ``removed``."""
    wanted = GroupFilter(
        partner_id=PartnerId(partner_id) if partner_id else None,
        tenant_id=TenantId(tenant_id) if tenant_id else None,
        status=_status(status, "/status") if status else GroupStatus.ACTIVE,
        is_synced=is_synced,
        role=role or None,
        search=search,
    )
    return listing(await container.use(ListGroups)(actor, page, wanted), GroupAnswer.of)


@post("/admin/groups", tags=[_TAG], summary="Create a group", opt={"idempotent": True})
async def create_group(container: Container, actor: Actor, data: JSONBody[NewGroupBody]) -> Response[GroupAnswer]:
    """Make a local group, with nobody in it and no roles."""
    group = await container.use(CreateGroup)(actor, data.wanted())
    return Response(GroupAnswer.of(group), status_code=201, headers=etag(group.version))


@get(_ONE, tags=[_TAG], summary="Show a group")
async def get_group(container: Container, actor: Actor, group_id: FromPath[str]) -> Response[GroupAnswer]:
    """One group within scope, a removed one too."""
    group = await container.use(GetGroup)(actor, GroupId(group_id))
    return Response(GroupAnswer.of(group), headers=etag(group.version))


@put(_ONE, tags=[_TAG], summary="Rename a group")
async def rename_group(
    container: Container,
    actor: Actor,
    group_id: FromPath[str],
    data: JSONBody[GroupNameBody],
    expected_version: ExpectedVersion,
) -> Response[GroupAnswer]:
    """Change name and description of a local group."""
    group = await container.use(RenameGroup)(actor, GroupId(group_id), data.named(), expected_version)
    return Response(GroupAnswer.of(group), headers=etag(group.version))


@delete(_ONE, tags=[_TAG], summary="Delete a group")
async def delete_group(
    container: Container, actor: Actor, group_id: FromPath[str], expected_version: ExpectedVersion
) -> None:
    """Let a local group count for nobody any more; its history stays."""
    await container.use(DeleteGroup)(actor, GroupId(group_id), expected_version)


@put(f"{_ONE}/roles", tags=[_TAG], summary="Set a group's local roles")
async def set_group_roles(
    container: Container,
    actor: Actor,
    group_id: FromPath[str],
    data: JSONBody[RolesBody],
    expected_version: ExpectedVersion,
) -> Response[GroupAnswer]:
    """Give and take roles of all its members; of the directory's groups too."""
    group = await container.use(SetGroupRoles)(actor, GroupId(group_id), data.roles, expected_version)
    return Response(GroupAnswer.of(group), headers=etag(group.version))


@get(f"{_ONE}/members", tags=[_TAG], summary="List a group's members", opt={SORTING: USERS})
async def list_members(
    container: Container, actor: Actor, page: PageRequest, group_id: FromPath[str]
) -> Listing[UserAnswer]:
    """The users in it, in the order they came to us unless sorted otherwise."""
    wanted = UserFilter(group_id=GroupId(group_id))
    return listing(await container.use(ListUsers)(actor, page, wanted), UserAnswer.of)


@put(_MEMBER, tags=[_TAG], summary="Add a member")
async def add_member(
    container: Container, actor: Actor, group_id: FromPath[str], user_id: FromPath[str]
) -> Response[GroupAnswer]:
    """Let a user into a local group; who is in it already stays."""
    group = await container.use(AddGroupMember)(actor, GroupId(group_id), UserId(user_id))
    return Response(GroupAnswer.of(group), headers=etag(group.version))


@delete(_MEMBER, tags=[_TAG], summary="Remove a member", status_code=200)
async def remove_member(
    container: Container, actor: Actor, group_id: FromPath[str], user_id: FromPath[str]
) -> Response[GroupAnswer]:
    """Let a user out of a local group; who is not in it stays out."""
    group = await container.use(RemoveGroupMember)(actor, GroupId(group_id), UserId(user_id))
    return Response(GroupAnswer.of(group), headers=etag(group.version))


ROUTES = (
    list_groups,
    create_group,
    get_group,
    rename_group,
    delete_group,
    set_group_roles,
    list_members,
    add_member,
    remove_member,
)
