"""Routes of roles: ``/admin/roles``."""

from __future__ import annotations

from litestar import Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from scaicontrol_core.identity.ports import ROLES
from scaicontrol_core.identity.use_cases.create_role import CreateRole
from scaicontrol_core.identity.use_cases.delete_role import DeleteRole
from scaicontrol_core.identity.use_cases.get_role import GetRole
from scaicontrol_core.identity.use_cases.list_roles import ListRoles
from scaicontrol_core.identity.use_cases.update_role import UpdateRole
from scaicontrol_core.kernel.ids import PartnerId, RoleId
from scaicontrol_http.dependencies import Actor, Container, ExpectedVersion, PageRequest
from scaicontrol_http.identity.schemas import NewRoleBody, RoleAnswer, RoleBody
from scaicontrol_http.requests import Listing, etag, listing
from scaicontrol_http.sorting import SORTING

_TAG = "Admin: roles"
_ONE = "/admin/roles/{role_id:str}"


@get("/admin/roles", tags=[_TAG], summary="List roles", opt={SORTING: ROLES})
async def list_roles(
    container: Container, actor: Actor, page: PageRequest, partner_id: FromQuery[str | None] = None
) -> Listing[RoleAnswer]:
    """The three that everybody has, and the partners' own within scope, by name unless sorted otherwise."""
    wanted = PartnerId(partner_id) if partner_id else None
    return listing(await container.use(ListRoles)(actor, page, wanted), RoleAnswer.of)


@post("/admin/roles", tags=[_TAG], summary="Create a role", opt={"idempotent": True})
async def create_role(container: Container, actor: Actor, data: JSONBody[NewRoleBody]) -> Response[RoleAnswer]:
    """Name a bundle of permissions for one partner's users and groups; of those that the caller has."""
    role = await container.use(CreateRole)(actor, data.wanted())
    return Response(RoleAnswer.own(role), status_code=201, headers=etag(role.version))


@get(_ONE, tags=[_TAG], summary="Show a role")
async def get_role(container: Container, actor: Actor, role_id: FromPath[str]) -> Response[RoleAnswer]:
    """A partner's own role within scope."""
    role = await container.use(GetRole)(actor, RoleId(role_id))
    return Response(RoleAnswer.own(role), headers=etag(role.version))


@put(_ONE, tags=[_TAG], summary="Change a role")
async def update_role(
    container: Container,
    actor: Actor,
    role_id: FromPath[str],
    data: JSONBody[RoleBody],
    expected_version: ExpectedVersion,
) -> Response[RoleAnswer]:
    """Let it permit something else, for everybody who has it. Its name stays."""
    role = await container.use(UpdateRole)(actor, RoleId(role_id), data.content(), expected_version)
    return Response(RoleAnswer.own(role), headers=etag(role.version))


@delete(_ONE, tags=[_TAG], summary="Delete a role")
async def delete_role(
    container: Container, actor: Actor, role_id: FromPath[str], expected_version: ExpectedVersion
) -> None:
    """Delete a role that nobody has."""
    await container.use(DeleteRole)(actor, RoleId(role_id), expected_version)


ROUTES = (list_roles, create_role, get_role, update_role, delete_role)
