"""Routes of usage."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post

from scaicontrol_core.metering.use_cases.ingest_usage import IngestUsage, UsageBatch
from scaicontrol_http.dependencies import Actor, Container
from scaicontrol_http.metering.reading import MAX_BYTES, read_events
from scaicontrol_http.metering.schemas import USAGE_BODY, UsageAnswer
from scaicontrol_http.openapi import REQUEST_BODY

_METERING = "Metering"


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


ROUTES = (report_usage,)
