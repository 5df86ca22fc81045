"""Routes of users: ``/admin/users``. Groups and roles stand beside."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from scaicontrol_core.identity.lifecycle import UserStatus
from scaicontrol_core.identity.ports import USERS, UserFilter
from scaicontrol_core.identity.use_cases.get_user import GetUser
from scaicontrol_core.identity.use_cases.list_users import ListUsers
from scaicontrol_core.identity.use_cases.set_user_roles import SetUserRoles
from scaicontrol_core.kernel.checks import choice
from scaicontrol_core.kernel.ids import GroupId, PartnerId, TenantId, UserId
from scaicontrol_http.dependencies import Actor, Container, ExpectedVersion, PageRequest
from scaicontrol_http.identity import groups, roles
from scaicontrol_http.identity.schemas import OneUserAnswer, RolesBody, UserAnswer
from scaicontrol_http.requests import Listing, etag, listing
from scaicontrol_http.sorting import SORTING

_TAG = "Admin: users"
_ONE = "/admin/users/{user_id:str}"
_status = choice(UserStatus)
Search = Annotated[
    str | None, QueryParameter(name="search", description="Part of the name, e-mail or external id, whatever the case.")
]


@get("/admin/users", tags=[_TAG], summary="List users", opt={SORTING: USERS})
async def list_users(
    container: Container,
    actor: Actor,
    page: PageRequest,
    search: Search = None,
    partner_id: FromQuery[str | None] = None,
    tenant_id: FromQuery[str | None] = None,
    group_id: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None,
    role: FromQuery[str | None] = None,
) -> Listing[UserAnswer]:
    """Users within the caller's scope, the deactivated too, in the order they came unless sorted otherwise."""
    wanted = UserFilter(
        partner_id=PartnerId(partner_id) if partner_id else None,
        tenant_id=TenantId(tenant_id) if tenant_id else None,
        group_id=GroupId(group_id) if group_id else None,
        status=_status(status, "/status") if status else None,
        role=role or None,
        search=search,
    )
    return listing(await container.use(ListUsers)(actor, page, wanted), UserAnswer.of)


@get(_ONE, tags=[_TAG], summary="Show a user")
async def get_user(container: Container, actor: Actor, user_id: FromPath[str]) -> Response[OneUserAnswer]:
    """One user within scope, with their groups."""
    found = await container.use(GetUser)(actor, UserId(user_id))
    return Response(OneUserAnswer.of(found), headers=etag(found.user.version))


@put(f"{_ONE}/roles", tags=[_TAG], summary="Set a user's local roles")
async def set_user_roles(
    container: Container,
    actor: Actor,
    user_id: FromPath[str],
    data: JSONBody[RolesBody],
    expected_version: ExpectedVersion,
) -> Response[UserAnswer]:
    """Give and take roles here, whatever the directory gives. Nobody gives or takes what they do not have."""
    user = await container.use(SetUserRoles)(actor, UserId(user_id), data.roles, expected_version)
    return Response(UserAnswer.of(user), headers=etag(user.version))


ROUTES = (list_users, get_user, set_user_roles, *groups.ROUTES, *roles.ROUTES)
