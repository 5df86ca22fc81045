"""Record what the mail service reports of a message: delivered, bounced, complained of."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.transmission import SendId, SendRequest, SendResult, SendStatus
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.errors import Conflict, NotFound, Stale, Unavailable
from scaicontrol_core.kernel.work import UnitOfWorkFactory

_RECORDINGS = 3
_MAX_ADDRESS = 254


@frozen(kw_only=True)
class MailReport:
    """One report; ``report_id`` is the service's own, by which a repeat is known for one.

    ``reference`` is what we gave the service along with the message.
    """

    report_id: str
    result: SendResult
    message_id: str
    reference: str | None
    recipient: str
    reason: str
    at: datetime


class ReportTooEarly(Unavailable):
    """The message it tells of is still being recorded; the service is to tell it again."""

    code = "report_too_early"


@frozen
class RecordMailReport:
    """Add a report to the send history of its invoice; told twice, it stands once.

    Raises ``NotFound`` (``message_not_found``) for a message of somebody else's, ``ReportTooEarly``.
    """

    work: UnitOfWorkFactory[DocumentsWork]

    async def __call__(self, actor: Actor, report: MailReport) -> SendRequest:
        """Return the request that it tells of."""
        actor.require(Permission.ADMIN_BILLING)
        actor.require_platform()
        for attempts_left in reversed(range(_RECORDINGS)):
            try:
                return await self._record(actor, report)
            except (Stale, Conflict):
                if not attempts_left:
                    raise
        raise AssertionError("unreachable")

    async def _record(self, actor: Actor, report: MailReport) -> SendRequest:
        async with self.work.begin(actor) as work:
            request = await _request(work, report)
            if request.status is SendStatus.QUEUED:
                raise ReportTooEarly("This message is still being recorded.")
            key = f"report {report.report_id}"
            known = await work.send_history.of_invoice(request.invoice_id)
            if any((entry.send_id, entry.event_key) == (request.id, key) for entry in known):
                return request
            recipient, reason = report.recipient[:_MAX_ADDRESS], " ".join(report.reason.split())
            entry = request.report(report.result, report.at, event_key=key, recipient=recipient, reason=reason)
            await work.send_requests.save(request)
            await work.send_history.add(entry)
            await work.commit()
        return request


async def _request(work: DocumentsWork, report: MailReport) -> SendRequest:
    found = await work.send_requests.with_message(report.message_id)
    if found is None and report.reference:
        try:
            found = await work.send_requests.get(SendId(report.reference))
        except NotFound:
            found = None
    if found is None:
        raise NotFound.of("message", report.message_id)
    return found
