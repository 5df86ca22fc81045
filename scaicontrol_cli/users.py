"""``scaicontrol admin users``: who there is, and what they were given here."""

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
    Sort,
    TenantOption,
    choice,
    page,
)
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.groups import group
from scaicontrol_cli.naming import tenant_named
from scaicontrol_cli.output import columns, print_item, print_page, print_rows
from scaicontrol_cli.people import (
    USER_COLUMNS,
    Add,
    Remove,
    UserArgument,
    group_json,
    group_named,
    show_history,
    user_json,
    user_named,
)
from scaicontrol_core.kernel.ids import PartnerId

if TYPE_CHECKING:
    from scaicontrol_core.identity.use_cases.get_user import UserInGroups
    from scaicontrol_core.identity.user import User
    from scaicontrol_core.kernel.paging import Page

app = group("Users: who there is, as the directory has it, and the roles they were given here.")


@app.command("list")
def list_users(
    search: Annotated[str | None, typer.Option(help="Part of the name, the e-mail or the external id.")] = None,
    partner: OfPartner = None,
    tenant: TenantOption = None,
    in_group: Annotated[str | None, typer.Option("--group", help="Only members of this group.")] = None,
    role: Annotated[str | None, typer.Option(help="Only those who were given this role here.")] = None,
    status: Annotated[str | None, typer.Option(help="active or deactivated.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List users."""
    from scaicontrol_core.identity.lifecycle import UserStatus
    from scaicontrol_core.identity.ports import UserFilter
    from scaicontrol_core.identity.use_cases.list_users import ListUsers

    wanted_status = choice(UserStatus, status, "/status")
    request = page(limit, cursor, page_number, sort)

    async def work(session: Session) -> Page[User]:
        wanted = UserFilter(
            partner_id=PartnerId(partner) if partner else None,
            tenant_id=await tenant_named(session, tenant, partner) if tenant else None,
            group_id=await group_named(session, in_group) if in_group else None,
            status=wanted_status,
            role=role,
            search=search,
        )
        return await session.use(ListUsers)(session.actor, request, wanted)

    print_page(call(work), user_json, USER_COLUMNS, as_json=as_json)


@app.command("show")
def show_user(user: UserArgument, as_json: AsJson = False) -> None:
    """Show a user with their groups, and what all local roles come to."""
    from scaicontrol_core.identity.use_cases.get_user import GetUser

    async def work(session: Session) -> UserInGroups:
        return await session.use(GetUser)(session.actor, await user_named(session, user))

    found = call(work)
    print_item(
        user_json(found.user)
        | {
            "groups": [group_json(each) for each in found.groups] if as_json else [each.name for each in found.groups],
            "local_permissions": [each.value for each in found.local_permissions],
        },
        as_json=as_json,
    )


@app.command("roles")
def user_roles(
    user: UserArgument,
    add: Add = None,
    remove: Remove = None,
    expected_version: ExpectedVersion = None,
    as_json: AsJson = False,
) -> None:
    """Show the local roles of a user; give and take some."""
    from scaicontrol_core.identity.use_cases.get_user import GetUser
    from scaicontrol_core.identity.use_cases.set_user_roles import SetUserRoles

    async def work(session: Session) -> User:
        user_id = await user_named(session, user)
        found = (await session.use(GetUser)(session.actor, user_id)).user
        if not (add or remove):
            return found
        wanted = sorted((found.counting_roles | set(add or ())) - set(remove or ()))
        version = found.version if expected_version is None else expected_version
        return await session.use(SetUserRoles)(session.actor, user_id, wanted, version)

    shown = user_json(call(work))
    if as_json:
        print_item(shown, as_json=True)
    else:
        print_rows(shown["roles"], columns("role", "granted_by", "granted_at", "tenant_id"))


@app.command("history")
def user_history(
    user: UserArgument, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, as_json: AsJson = False
) -> None:
    """Show what happened to a user, newest first."""
    from scaicontrol_core.audit.subject import USER

    request = page(limit, cursor, None, None)

    async def work(session: Session) -> None:
        await show_history(session, USER, await user_named(session, user), request, as_json=as_json)

    call(work)
