"""What the commands of users, groups and roles share: how they are named, and how they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from scaicontrol_cli.history import print_history
from scaicontrol_cli.output import Column, Json, columns

if TYPE_CHECKING:
    from scaicontrol_cli.context import Session
    from scaicontrol_core.audit.subject import Subject
    from scaicontrol_core.identity.group import Group
    from scaicontrol_core.identity.user import User
    from scaicontrol_core.kernel.ids import GroupId, UserId
    from scaicontrol_core.kernel.paging import PageRequest

T = TypeVar("T")
UserArgument = Annotated[str, typer.Argument(help="The user's id, external id or e-mail.", metavar="USER")]
GroupArgument = Annotated[str, typer.Argument(help="The group's id, or its name.", metavar="GROUP")]
Add = Annotated[list[str] | None, typer.Option("--add", help="Give this role; may be repeated.")]
Remove = Annotated[list[str] | None, typer.Option("--remove", help="Take this role; may be repeated.")]
_USER, _GROUP = "usr_", "grp_"
USER_COLUMNS = columns(
    "id", "external_id", "name", "email", "status", "tenant_id", Column("roles", lambda row: ", ".join(_names(row)))
)
GROUP_COLUMNS = columns(
    "id", "name", "status", "is_synced", "tenant_id", Column("roles", lambda row: ", ".join(_names(row)))
)


def user_json(user: User) -> Json:
    """Return a user as JSON."""
    from scaicontrol_core.kernel.events import to_json

    names = (
        "id", "external_id", "partner_id", "tenant_id", "name", "email", "status", "directory_roles", "roles",
        "created_at", "deactivated_at", "version",
    )  # fmt: skip
    return {name: to_json(getattr(user, name)) for name in names}


def group_json(group: Group) -> Json:
    """Return a group as JSON."""
    from scaicontrol_core.kernel.events import to_json

    names = (
        "id", "external_id", "partner_id", "tenant_id", "name", "description", "status", "is_synced",
        "directory_roles", "roles", "created_at", "version",
    )  # fmt: skip
    return {name: to_json(getattr(group, name)) for name in names}


async def user_named(session: Session, name: str) -> UserId:
    """Return the id of a user; raises ``NotFound``, and ``Invalid`` (``name_ambiguous``) if several are called so."""
    from scaicontrol_core.identity.ports import UserFilter
    from scaicontrol_core.identity.use_cases.list_users import ListUsers
    from scaicontrol_core.kernel.ids import UserId
    from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest

    if name.startswith(_USER):
        return UserId(name)
    found = await session.use(ListUsers)(session.actor, PageRequest(limit=MAX_LIMIT), UserFilter(search=name))
    return _only([user.id for user in found.items if name in (user.external_id, user.email)], "user", name)


async def group_named(session: Session, name: str) -> GroupId:
    """Return the id of a group; raises ``NotFound``, and ``Invalid`` (``name_ambiguous``) if several are called so."""
    from scaicontrol_core.identity.lifecycle import GroupStatus
    from scaicontrol_core.identity.ports import GroupFilter
    from scaicontrol_core.identity.use_cases.list_groups import ListGroups
    from scaicontrol_core.kernel.ids import GroupId
    from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest

    if name.startswith(_GROUP):
        return GroupId(name)
    wanted = GroupFilter(search=name, status=GroupStatus.ACTIVE)
    found = await session.use(ListGroups)(session.actor, PageRequest(limit=MAX_LIMIT), wanted)
    return _only([group.id for group in found.items if group.name == name], "group", name)


async def show_history(
    session: Session, subject: Subject, resource_id: str, request: PageRequest, *, as_json: bool
) -> None:
    """Print what befell one of them."""
    from scaicontrol_core.audit.use_cases.read_history import ReadHistory

    print_history(await session.use(ReadHistory)(session.actor, subject, resource_id, request), as_json=as_json)


def _only(found: list[T], what: str, name: str) -> T:
    from scaicontrol_core.kernel.errors import Invalid, NotFound

    if not found:
        raise NotFound.of(what, name)
    if len(found) > 1:
        raise Invalid(f"{len(found)} are called {name!r}: name one by its id.", code="name_ambiguous")
    return found[0]


def _names(row: Json) -> list[str]:
    return [each["role"] for each in row["roles"]]
