"""``scaicontrol admin groups``: users under one name, and the roles that all of them have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import (
    DEFAULT_LIMIT,
    AsJson,
    Cursor,
    ExpectedVersion,
    Limit,
    OfPartner,
    PageNumber,
    PartnerOption,
    Sort,
    TenantOption,
    Yes,
    choice,
    page,
    require_yes,
)
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.groups import group
from scaicontrol_cli.naming import tenant_named
from scaicontrol_cli.output import columns, print_item, print_json, print_note, print_page, print_rows
from scaicontrol_cli.people import (
    GROUP_COLUMNS,
    USER_COLUMNS,
    Add,
    GroupArgument,
    Remove,
    UserArgument,
    group_json,
    group_named,
    show_history,
    user_json,
    user_named,
)
from scaicontrol_core.kernel.ids import GroupId, PartnerId

if TYPE_CHECKING:
    from scaicontrol_core.identity.group import Group
    from scaicontrol_core.identity.user import User
    from scaicontrol_core.kernel.paging import Page

app = group("Groups of users: the directory's, and local ones.")
_Name = Annotated[str, typer.Argument(help="What it is called.")]
_Description = Annotated[str, typer.Option(help="What it is for.")]


@app.command("list")
def list_groups(
    search: Annotated[str | None, typer.Option(help="Part of the name.")] = None,
    partner: OfPartner = None,
    tenant: TenantOption = None,
    role: Annotated[str | None, typer.Option(help="Only those that were given this role here.")] = None,
    synced: Annotated[bool | None, typer.Option("--synced/--local", help="Only the directory's, or only ours.")] = None,
    status: Annotated[str, typer.Option(help="active or removed.")] = "active",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List groups."""
    from scaicontrol_core.identity.lifecycle import GroupStatus
    from scaicontrol_core.identity.ports import GroupFilter
    from scaicontrol_core.identity.use_cases.list_groups import ListGroups

    wanted_status = choice(GroupStatus, status, "/status")
    request = page(limit, cursor, page_number, sort)

    async def work(session: Session) -> Page[Group]:
        wanted = GroupFilter(
            partner_id=PartnerId(partner) if partner else None,
            tenant_id=await tenant_named(session, tenant, partner) if tenant else None,
            status=wanted_status,
            is_synced=synced,
            role=role,
            search=search,
        )
        return await session.use(ListGroups)(session.actor, request, wanted)

    print_page(call(work), group_json, GROUP_COLUMNS, as_json=as_json)


@app.command("show")
def show_group(name: GroupArgument, as_json: AsJson = False) -> None:
    """Show a group."""
    from scaicontrol_core.identity.use_cases.get_group import GetGroup

    async def work(session: Session) -> Group:
        return await session.use(GetGroup)(session.actor, await group_named(session, name))

    print_item(group_json(call(work)), as_json=as_json)


@app.command("create")
def create_group(
    name: _Name,
    description: _Description = "",
    partner: PartnerOption = None,
    tenant: TenantOption = None,
    as_json: AsJson = False,
) -> None:
    """Make a local group."""
    from scaicontrol_core.identity.group import GroupName
    from scaicontrol_core.identity.use_cases.create_group import CreateGroup, NewGroup

    named = GroupName(name=name, description=description)

    async def work(session: Session) -> Group:
        wanted = NewGroup(
            name=named,
            partner_id=PartnerId(partner) if partner else None,
            tenant_id=await tenant_named(session, tenant, partner) if tenant else None,
        )
        return await session.use(CreateGroup)(session.actor, wanted)

    print_item(group_json(call(work)), as_json=as_json)


@app.command("rename")
def rename_group(
    group_name: GroupArgument,
    name: _Name,
    description: _Description = "",
    expected_version: ExpectedVersion = None,
    as_json: AsJson = False,
) -> None:
    """Call a local group something else."""
    from scaicontrol_core.identity.group import GroupName
    from scaicontrol_core.identity.use_cases.rename_group import RenameGroup

    wanted = GroupName(name=name, description=description)

    async def work(session: Session) -> Group:
        group_id = await group_named(session, group_name)
        return await session.use(RenameGroup)(session.actor, group_id, wanted, expected_version)

    print_item(group_json(call(work)), as_json=as_json)


@app.command("delete")
def delete_group(name: GroupArgument, yes: Yes = False, as_json: AsJson = False) -> None:
    """Let a local group count for nobody any more."""
    from scaicontrol_core.identity.use_cases.delete_group import DeleteGroup

    require_yes(yes, f"Take the group {name} and its roles from all its members?")

    async def work(session: Session) -> GroupId:
        group_id = await group_named(session, name)
        await session.use(DeleteGroup)(session.actor, group_id)
        return group_id

    deleted = call(work)
    if as_json:
        print_json({"id": deleted, "deleted": True})
    else:
        print_note(f"{name} is deleted.")


@app.command("members")
def list_members(
    name: GroupArgument,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List the users in a group."""
    from scaicontrol_core.identity.ports import UserFilter
    from scaicontrol_core.identity.use_cases.list_users import ListUsers

    request = page(limit, cursor, page_number, sort)

    async def work(session: Session) -> Page[User]:
        wanted = UserFilter(group_id=await group_named(session, name))
        return await session.use(ListUsers)(session.actor, request, wanted)

    print_page(call(work), user_json, USER_COLUMNS, as_json=as_json)


@app.command("add-member")
def add_member(name: GroupArgument, user: UserArgument, as_json: AsJson = False) -> None:
    """Let a user into a local group."""
    from scaicontrol_core.identity.use_cases.add_group_member import AddGroupMember

    async def work(session: Session) -> Group:
        group_id, user_id = await group_named(session, name), await user_named(session, user)
        return await session.use(AddGroupMember)(session.actor, group_id, user_id)

    print_item(group_json(call(work)), as_json=as_json)


@app.command("remove-member")
def remove_member(name: GroupArgument, user: UserArgument, as_json: AsJson = False) -> None:
    """Let a user out of a local group."""
    from scaicontrol_core.identity.use_cases.remove_group_member import RemoveGroupMember

    async def work(session: Session) -> Group:
        group_id, user_id = await group_named(session, name), await user_named(session, user)
        return await session.use(RemoveGroupMember)(session.actor, group_id, user_id)

    print_item(group_json(call(work)), as_json=as_json)


@app.command("roles")
def group_roles(
    name: GroupArgument,
    add: Add = None,
    remove: Remove = None,
    expected_version: ExpectedVersion = None,
    as_json: AsJson = False,
) -> None:
    """Show the local roles of a group; give and take some, of the directory's groups too."""
    from scaicontrol_core.identity.use_cases.get_group import GetGroup
    from scaicontrol_core.identity.use_cases.set_group_roles import SetGroupRoles

    async def work(session: Session) -> Group:
        group_id = await group_named(session, name)
        found = await session.use(GetGroup)(session.actor, group_id)
        if not (add or remove):
            return found
        wanted = sorted((found.counting_roles | set(add or ())) - set(remove or ()))
        version = found.version if expected_version is None else expected_version
        return await session.use(SetGroupRoles)(session.actor, group_id, wanted, version)

    shown = group_json(call(work))
    if as_json:
        print_item(shown, as_json=True)
    else:
        print_rows(shown["roles"], columns("role", "granted_by", "granted_at", "tenant_id"))


@app.command("history")
def group_history(
    name: GroupArgument, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, as_json: AsJson = False
) -> None:
    """Show what happened to a group, newest first."""
    from scaicontrol_core.audit.subject import GROUP

    request = page(limit, cursor, None, None)

    async def work(session: Session) -> None:
        await show_history(session, GROUP, await group_named(session, name), request, as_json=as_json)

    call(work)
