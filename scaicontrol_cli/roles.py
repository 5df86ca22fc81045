"""``scaicontrol admin roles``: the three that everybody has, and partners' own."""

from __future__ import annotations

from typing import Annotated

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
    Yes,
    page,
    require_yes,
)
from scaicontrol_cli.context import call
from scaicontrol_cli.groups import group
from scaicontrol_cli.output import Column, Json, columns, print_item, print_json, print_note, print_page
from scaicontrol_cli.people import show_history
from scaicontrol_core.kernel.ids import PartnerId, RoleId

app = group("Roles: named bundles of permissions.")
_Role = Annotated[str, typer.Argument(help="The role's id.", metavar="ROLE")]
_Permissions = Annotated[list[str], typer.Option("--permission", help="What it permits; may be repeated.")]
_Description = Annotated[str, typer.Option(help="What it is for.")]
_SHOWN = columns("id", "name", "partner_id", Column("permissions", lambda row: ", ".join(row["permissions"])))


def role_json(role: object) -> Json:
    """Return a role as JSON; one of ours has no id."""
    from scaicontrol_core.kernel.events import to_json

    names = ("id", "partner_id", "name", "description", "permissions", "created_at", "version")
    return {name: to_json(getattr(role, name)) for name in names}


@app.command("list")
def list_roles(
    partner: OfPartner = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List roles."""
    from scaicontrol_core.identity.use_cases.list_roles import ListRoles

    request, partner_id = page(limit, cursor, page_number, sort), PartnerId(partner) if partner else None
    found = call(lambda session: session.use(ListRoles)(session.actor, request, partner_id))
    print_page(found, role_json, _SHOWN, as_json=as_json)


@app.command("show")
def show_role(role: _Role, as_json: AsJson = False) -> None:
    """Show a partner's own role."""
    from scaicontrol_core.identity.use_cases.get_role import GetRole

    print_item(role_json(call(lambda session: session.use(GetRole)(session.actor, RoleId(role)))), as_json=as_json)


@app.command("create")
def create_role(
    name: Annotated[str, typer.Argument(help="What it is called: a-z, 0-9, - and _.")],
    permission: _Permissions,
    description: _Description = "",
    partner: PartnerOption = None,
    as_json: AsJson = False,
) -> None:
    """Name a bundle of permissions for one partner's users and groups."""
    from scaicontrol_core.identity.role import NewRole, RoleContent
    from scaicontrol_core.identity.use_cases.create_role import CreateRole

    content = RoleContent(permissions=tuple(permission), description=description)  # type: ignore[arg-type]  # it reads them
    wanted = NewRole(name=name, content=content, partner_id=PartnerId(partner) if partner else None)
    print_item(role_json(call(lambda session: session.use(CreateRole)(session.actor, wanted))), as_json=as_json)


@app.command("update")
def update_role(
    role: _Role,
    permission: _Permissions,
    description: _Description = "",
    expected_version: ExpectedVersion = None,
    as_json: AsJson = False,
) -> None:
    """Let a role permit something else, for everybody who has it."""
    from scaicontrol_core.identity.role import RoleContent
    from scaicontrol_core.identity.use_cases.update_role import UpdateRole

    wanted = RoleContent(permissions=tuple(permission), description=description)  # type: ignore[arg-type]  # it reads them
    changed = call(lambda session: session.use(UpdateRole)(session.actor, RoleId(role), wanted, expected_version))
    print_item(role_json(changed), as_json=as_json)


@app.command("delete")
def delete_role(role: _Role, yes: Yes = False, as_json: AsJson = False) -> None:
    """Delete a role that nobody has."""
    from scaicontrol_core.identity.use_cases.delete_role import DeleteRole

    require_yes(yes, f"Delete the role {role}?")
    call(lambda session: session.use(DeleteRole)(session.actor, RoleId(role)))
    if as_json:
        print_json({"id": role, "deleted": True})
    else:
        print_note(f"{role} is deleted.")


@app.command("history")
def role_history(role: _Role, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, as_json: AsJson = False) -> None:
    """Show what happened to a role, newest first."""
    from scaicontrol_core.audit.subject import ROLE

    request = page(limit, cursor, None, None)
    call(lambda session: show_history(session, ROLE, role, request, as_json=as_json))
