"""Routes of the audit log. What befell one thing is read with that thing: ``…/{id}/history``."""

from __future__ import annotations

from datetime import datetime

from litestar import get
from litestar.params import FromQuery

from scaicontrol_core.access.actor import ActorKind
from scaicontrol_core.audit.ports import ENTRIES, AuditFilter
from scaicontrol_core.audit.use_cases.read_audit_log import ReadAuditLog
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_http.audit import histories
from scaicontrol_http.audit.schemas import AuditEntryAnswer
from scaicontrol_http.dependencies import Actor, Container, PageRequest
from scaicontrol_http.requests import Listing, instant_of, listing
from scaicontrol_http.sorting import SORTING


@get("/admin/audit-log", tags=["Admin: platform"], summary="Read the audit log", opt={SORTING: ENTRIES})
async def read_audit_log(
    container: Container,
    actor: Actor,
    page: PageRequest,
    resource_type: FromQuery[str | None] = None,
    resource_id: FromQuery[str | None] = None,
    action: FromQuery[str | None] = None,
    user_id: FromQuery[str | None] = None,
    actor_kind: FromQuery[ActorKind | None] = None,
    request_id: FromQuery[str | None] = None,
    partner_id: FromQuery[str | None] = None,
    tenant_id: FromQuery[str | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
) -> Listing[AuditEntryAnswer]:
    """Every change within the caller's scope, newest first: ``since`` is included, ``until`` is not."""
    criteria = AuditFilter(
        resource_type=resource_type,
        resource_id=resource_id,
        action=action,
        user_id=user_id,
        actor_kind=actor_kind.value if actor_kind else None,
        request_id=request_id,
        partner_id=PartnerId(partner_id) if partner_id else None,
        tenant_id=TenantId(tenant_id) if tenant_id else None,
        since=instant_of(since, "/since"),
        until=instant_of(until, "/until"),
    )
    return listing(await container.use(ReadAuditLog)(actor, page, criteria), AuditEntryAnswer.of)


ROUTES = (read_audit_log, *histories.ROUTES)
