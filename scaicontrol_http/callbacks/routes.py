"""Routes that other systems call: no token, but a signature."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post

from scaicontrol_adapters.scaisend.reports import read_report
from scaicontrol_adapters.scaisend.signature import SignatureInvalid
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
    source, now, body = container.secret("scaisend_webhook_secret"), container.clock.now(), await request.body()
    secret = await source.get()
    try:
        report = read_report(secret, request.headers, body, now)
    except SignatureInvalid:
        # Signed with a newer one, maybe; a flood of forgeries does not become a flood of questions.
        newer = await source.instead_of(secret)
        if newer is None:
            raise
        report = read_report(newer, request.headers, body, now)
    if report is None:
        return Response(ReportAnswer(status="ignored"), status_code=202)
    await container.use(RecordMailReport)(access.Actor.system("scaisend"), report)
    return Response(ReportAnswer(status="recorded"), status_code=202)


ROUTES = (take_scaisend_report,)
