"""``scaicontrol admin audit-log``: who changed what, when, from what to what."""

from __future__ import annotations

from typing import Annotated

import typer

from scaicontrol_cli.arguments import DEFAULT_LIMIT, AsJson, Cursor, Limit, PageNumber, choice, instant, page
from scaicontrol_cli.context import call
from scaicontrol_cli.groups import group
from scaicontrol_cli.history import print_log
from scaicontrol_core.kernel.ids import PartnerId, TenantId

app = group("The audit log: who changed what, when, from what to what.")

_Resource = Annotated[str | None, typer.Option("--resource", help="Only of this resource type: invoice, tenant, …")]
_Id = Annotated[str | None, typer.Option("--id", help="Only of the resource with this id.")]
_Action = Annotated[str | None, typer.Option(help="Only this action: invoice.finalized, …")]
_User = Annotated[str | None, typer.Option(help="Only by this user, service or job, as the log names it.")]
_Kind = Annotated[str | None, typer.Option("--actor-kind", help="user, service, job or operator.")]
_Request = Annotated[str | None, typer.Option("--request-id", help="Only of the request with this id.")]
_Partner = Annotated[str | None, typer.Option("--partner", help="Only of the partner with this id.")]
_Tenant = Annotated[str | None, typer.Option("--tenant", help="Only of the tenant with this id.")]
_Since = Annotated[str | None, typer.Option(help="From this instant on: 2026-01-31, or 2026-01-31T12:00:00Z.")]
_Until = Annotated[str | None, typer.Option(help="Before this instant.")]


@app.command("list")
def list_entries(
    resource: _Resource = None,
    resource_id: _Id = None,
    action: _Action = None,
    user: _User = None,
    actor_kind: _Kind = None,
    request_id: _Request = None,
    partner: _Partner = None,
    tenant: _Tenant = None,
    since: _Since = None,
    until: _Until = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    as_json: AsJson = False,
) -> None:
    """List entries, newest first."""
    from scaicontrol_core.access.actor import ActorKind
    from scaicontrol_core.audit.ports import AuditFilter
    from scaicontrol_core.audit.use_cases.read_audit_log import ReadAuditLog

    kind = choice(ActorKind, actor_kind, "/actor_kind")
    criteria = AuditFilter(
        resource_type=resource,
        resource_id=resource_id,
        action=action,
        user_id=user,
        actor_kind=kind.value if kind else None,
        request_id=request_id,
        partner_id=PartnerId(partner) if partner else None,
        tenant_id=TenantId(tenant) if tenant else None,
        since=instant(since, "/since"),
        until=instant(until, "/until"),
    )
    request = page(limit, cursor, page_number, None)
    print_log(call(lambda session: session.use(ReadAuditLog)(session.actor, request, criteria)), as_json=as_json)
