"""Routes that other systems call: no token, but a signature."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post

from scaicontrol_adapters.scaisend.reports import read_report
from scaicontrol_core import access
from scaicontrol_core.documents.use_cases.record_mail_report import RecordMailReport
from scaicontrol_http.dependencies import Container
from scaicontrol_http.requests import Answer

_CALLBACKS = "Callbacks"


class ReportAnswer(Answer):
    """Whether the report was ``recorded``, or ``ignored`` because it is none that we keep."""

    status: str


@post(
    "/callbacks/scaisend",
    tags=[_CALLBACKS],
    summary="Take a report of ScaiSend",
    status_code=202,
    opt={"public": True},
    security=[],
)
async def take_scaisend_report(request: Request[Any, Any, Any], container: Container) -> Response[ReportAnswer]:
    """Record that a message was delivered, bounced or complained of; signed as Standard Webhooks has it."""
    secret, now = container.settings.scaisend_webhook_secret, container.clock.now()
    report = read_report(secret, request.headers, await request.body(), now)
    if report is None:
        return Response(ReportAnswer(status="ignored"), status_code=202)
    await container.use(RecordMailReport)(access.Actor.system("scaisend"), report)
    return Response(ReportAnswer(status="recorded"), status_code=202)


ROUTES = (take_scaisend_report,)
