"""``scaicontrol dev-token``: a token of the embedded development issuer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson, PartnerOption, TenantOption
from scaicontrol_cli.context import Session, opened, settings, wait
from scaicontrol_cli.output import print_json, print_line
from scaicontrol_core.access.role import Role
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import PartnerId, TenantId

if TYPE_CHECKING:
    from scaicontrol_core.tenancy.tenant import Tenant

_HOUR = 3600


def add_to(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("dev-token")(dev_token)


def dev_token(
    role: Annotated[Role | None, typer.Option(help="Whose rights the token carries.")] = None,
    service: Annotated[str | None, typer.Option(help="Instead of a role: the app_id of a service.")] = None,
    tenant: TenantOption = None,
    partner: PartnerOption = None,
    hours: Annotated[int, typer.Option(help="For how long it holds.", min=1, max=720)] = 24,
    as_json: AsJson = False,
) -> None:
    """Print a bearer token for the API; in development only.

    A tenant_admin needs --tenant, a partner_admin acts for --partner (default: the operator), a service reports usage.
    """
    if (role is None) == (service is None):
        raise Invalid.field("/role", "Name a --role, or the --service that the token is for.", code="required")
    if role is None:
        token = _issue_for_service(service or "", hours * _HOUR)
    else:
        tenant_id, partner_id = wait(_subject(role, tenant, partner))
        token = issue(role, tenant_id, partner_id, hours * _HOUR)
    if as_json:
        print_json({"access_token": token, "token_type": "Bearer", "expires_in": hours * _HOUR})
    else:
        print_line(token)


def issue(role: Role, tenant_id: TenantId | None, partner_id: PartnerId | None, seconds: int) -> str:
    """Return a token; ``Forbidden`` outside of development."""
    from scaicontrol_adapters.scaikey.development import issue_dev_token

    return issue_dev_token(settings(), role=role, tenant_id=tenant_id, partner_id=partner_id, ttl=seconds)


def _issue_for_service(app_id: str, seconds: int) -> str:
    from scaicontrol_adapters.scaikey.development import issue_service_token

    return issue_service_token(settings(), app_id, ttl=seconds)


async def _subject(role: Role, tenant: str | None, partner: str | None) -> tuple[TenantId | None, PartnerId | None]:
    from scaicontrol_cli.naming import OPERATOR, partner_named

    if role is Role.SUPER_ADMIN:
        return None, None
    async with opened() as session:
        if role is Role.PARTNER_ADMIN:
            return None, await partner_named(session, partner or OPERATOR)
        if tenant is None:
            raise Invalid.field("/tenant", "A tenant_admin acts for a tenant: name it with --tenant.", code="required")
        found = await _tenant(session, tenant, partner)
        return found.id, found.partner_id


async def _tenant(session: Session, tenant: str, partner: str | None) -> Tenant:
    from scaicontrol_core.tenancy.use_cases.find_tenant import FindTenant

    return await session.use(FindTenant)(session.actor, tenant, PartnerId(partner) if partner else None)
