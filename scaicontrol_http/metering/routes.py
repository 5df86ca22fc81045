"""Routes of usage."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery

from scaicontrol_core.kernel.checks import choice
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.metering.usage_series import Granularity
from scaicontrol_core.metering.use_cases.ingest_usage import IngestUsage, UsageBatch
from scaicontrol_core.metering.use_cases.read_usage import ReadUsage, UsageQuery
from scaicontrol_http.dependencies import Actor, Container
from scaicontrol_http.metering.reading import MAX_BYTES, read_events
from scaicontrol_http.metering.schemas import USAGE_BODY, MetricUsageAnswer, UsageAnswer
from scaicontrol_http.openapi import REQUEST_BODY
from scaicontrol_http.requests import Listing, whole
from scaicontrol_http.tenancy.routes import own_tenant

_METERING = "Metering"
_granularity = choice(Granularity)


@post(
    "/metering/events",
    tags=[_METERING],
    summary="Report usage",
    status_code=202,
    request_max_body_size=MAX_BYTES,
    opt={REQUEST_BODY: USAGE_BODY},
)
async def report_usage(request: Request[Any, Any, Any], container: Container, actor: Actor) -> Response[UsageAnswer]:
    """Take in one event or a batch; the answer comes once all that counts is durable.

    Each event has an outcome of its own: `accepted`, `duplicate` (the same key and content came before; it counts
    once) or `rejected` with a reason. To be safe, send a batch again until it is answered.
    """
    headers = request.headers
    media_type = headers.get("content-type", "").partition(";")[0]
    reports = read_events(await request.body(), media_type, headers.get("content-encoding", ""))
    outcomes = await container.use(IngestUsage)(actor, UsageBatch(reports=reports))
    return Response(UsageAnswer.of(outcomes), status_code=202)


@get("/usage", tags=[_METERING], summary="Show the own usage")
async def show_own_usage(
    container: Container,
    actor: Actor,
    by: FromQuery[str] = Granularity.DAY.value,
    start: FromQuery[date | None] = None,
    end: FromQuery[date | None] = None,
    service: FromQuery[str | None] = None,
) -> Listing[MetricUsageAnswer]:
    """Each metric of the caller's tenant: what was used in the period that runs, its quota, and a series.

    `by` is `hour` (UTC), `day` or `month` (in the seller's zone); `start` and `end` (exclusive) are local days, the 30
    until today by default.
    """
    query = _query(own_tenant(actor), by, start, end, service)
    return whole(await container.use(ReadUsage)(actor, query), MetricUsageAnswer.of)


@get("/admin/usage", tags=[_METERING], summary="Show a tenant's usage")
async def show_usage(
    container: Container,
    actor: Actor,
    tenant_id: FromQuery[str],
    by: FromQuery[str] = Granularity.DAY.value,
    start: FromQuery[date | None] = None,
    end: FromQuery[date | None] = None,
    service: FromQuery[str | None] = None,
) -> Listing[MetricUsageAnswer]:
    """The same of any tenant within the caller's scope."""
    query = _query(TenantId(tenant_id), by, start, end, service)
    return whole(await container.use(ReadUsage)(actor, query), MetricUsageAnswer.of)


def _query(tenant_id: TenantId, by: str, start: date | None, end: date | None, service: str | None) -> UsageQuery:
    return UsageQuery(tenant_id=tenant_id, by=_granularity(by, "/by"), start=start, end=end, service=service)


ROUTES = (report_usage, show_own_usage, show_usage)
