"""Sending a document: the request, kept until the mail service has it, and what became of it since.

A request is written with the state it belongs to and delivered by a job: claimed under a lease,
composed and kept, handed over with a key of its own, recorded. Whatever dies in between, the
next worker goes on with the same words, the same files and the same key.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NewType

from attrs import define, field, fields, frozen

from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.mail_schedule import LEASE, wait_after
from scaicontrol_core.documents.transmission_events import (
    SendClaimed,
    SendComposed,
    SendDeferred,
    SendEvent,
    SendFailed,
    SendHandedOver,
    SendQueued,
    SendReported,
    SendRetried,
)
from scaicontrol_core.documents.transmission_states import SEND_LIFECYCLE, SendResult, SendStatus
from scaicontrol_core.kernel.errors import Conflict
from scaicontrol_core.kernel.events import Event, Recorder, to_json
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId, TenantId

if TYPE_CHECKING:
    from datetime import timedelta

    from scaicontrol_core.documents.mail import Handed
    from scaicontrol_core.documents.mail_composing import RenderedMail

__all__ = ["SEND_LIFECYCLE", "SendEntry", "SendId", "SendNotDue", "SendRequest", "SendResult", "SendStatus"]

SendId = NewType("SendId", str)
_MAX_ERROR = 500
_S = SendStatus


class SendNotDue(Conflict):
    """The request is done, not due yet, or in another worker's hands."""

    code = "send_not_due"


@frozen(kw_only=True)
class SendEntry:
    """One line of the send history, append-only; ``ordinal`` counts a request's from 1.

    ``event_key`` names what it tells of (an attempt, a report of the service), so that the same
    is never told twice. ``template`` is name and version, ``revision`` the document's.
    """

    send_id: SendId
    ordinal: int
    invoice_id: InvoiceId
    partner_id: PartnerId
    tenant_id: TenantId | None
    at: datetime
    result: SendResult
    recipients: tuple[str, ...]
    event_key: str
    channel: str | None = None
    template: str | None = None
    revision: int | None = None
    message_id: str | None = None
    code: str | None = None
    message: str | None = None


@define(kw_only=True, eq=False)
class SendRequest(Recorder):
    """One wish to send one document to somebody.

    ``request_key`` is the caller's idempotency key, unique for the invoice. ``round`` counts the
    hand-overs that surely failed and were tried anew by hand; ``doubtful`` remembers that one of
    this round may have arrived, so that its key is never given up.
    """

    id: SendId
    invoice_id: InvoiceId
    partner_id: PartnerId
    tenant_id: TenantId | None
    mail_type: MailType
    recipients: tuple[str, ...]
    requested_by: str
    requested_at: datetime
    due_at: datetime
    request_key: str | None = None
    status: SendStatus = SendStatus.QUEUED
    attempts: int = 0
    round: int = 1
    doubtful: bool = False
    lease_owner: str | None = None
    lease_until: datetime | None = None
    channel: str | None = None
    subject: str | None = None
    html: str | None = field(default=None, repr=False)
    template: str | None = None
    revision: int | None = None
    composed_at: datetime | None = None
    message_id: str | None = None
    handed_at: datetime | None = None
    error_code: str | None = None
    error: str | None = None
    entries: int = 0
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @property
    def hand_over_key(self) -> str:
        """The key that makes every attempt at this hand-over one and the same."""
        return f"{self.id}.{self.round}"

    @property
    def is_composed(self) -> bool:
        """Tell whether its words and files are settled."""
        return self.html is not None

    def is_due(self, now: datetime) -> bool:
        """Tell whether a worker may take it now."""
        free = self.lease_until is None or self.lease_until <= now
        return self.status is _S.QUEUED and self.due_at <= now and free

    # -- verbs -------------------------------------------------------------------------------

    def record_request(self) -> None:
        """Note in the audit log that somebody wants it sent."""
        self._record(SendQueued(**self._subject(), changes={"status": (None, self.status.value)}))

    def claim(self, owner: str, now: datetime) -> None:
        """Take it for a while; raises ``SendNotDue`` if it is not there for the taking."""
        if not self.is_due(now):
            raise SendNotDue(f"The request {self.id} is {self.status.value}, or not due before {self.due_at:%F %T}.")
        before = self._facts()
        # Whoever held it before died with it, perhaps after the hand-over.
        self.doubtful = self.doubtful or (self.lease_owner is not None and self.is_composed)
        self.lease_owner, self.lease_until = owner, now + LEASE
        self.attempts += 1
        self._tell(SendClaimed, before)

    def compose(self, rendered: RenderedMail, revision: int, at: datetime) -> None:
        """Settle the words and the document's revision for every attempt of this round."""
        before = self._facts()
        self.subject, self.html, self.template = rendered.subject, rendered.html, rendered.template
        self.revision, self.composed_at = revision, at
        self._tell(SendComposed, before)

    def hand_over(self, handed: Handed, channel: str, at: datetime) -> SendEntry:
        """Note that the service has it."""
        before = self._facts()
        self._move(_S.SENT)
        self.message_id, self.channel, self.handed_at = handed.message_id, channel, at
        refused = f"Not to {', '.join(handed.refused)}: refused." if handed.refused else None
        self.error_code, self.error = ("recipient_refused", _short(refused)) if refused else (None, None)
        entry = self._settle(SendResult.HANDED_OVER, at)
        self._tell(SendHandedOver, before)
        return entry

    def defer(
        self, error: tuple[str, str], at: datetime, *, channel: str, doubtful: bool, asked: timedelta | None = None
    ) -> SendEntry:
        """Note that it did not work this time; it is tried again later, or given up after the last wait.

        ``error`` is code and message; ``doubtful`` that the service may have it after all.
        """
        wait = wait_after(self.attempts, self.hand_over_key, asked=asked)
        if wait is None:
            self.doubtful = self.doubtful or doubtful
            return self.fail(error, at, channel=channel)
        before = self._facts()
        self.doubtful = self.doubtful or doubtful
        self.due_at = at + wait
        self.channel, (self.error_code, self.error) = channel, (error[0], _short(error[1]))
        entry = self._settle(SendResult.DEFERRED, at)
        self._tell(SendDeferred, before)
        return entry

    def fail(self, error: tuple[str, str], at: datetime, *, channel: str) -> SendEntry:
        """Note that it can't be sent; ``error`` is code and message."""
        before = self._facts()
        self._move(_S.FAILED)
        self.channel, (self.error_code, self.error) = channel, (error[0], _short(error[1]))
        entry = self._settle(SendResult.FAILED, at)
        self._tell(SendFailed, before)
        return entry

    def retry(self, at: datetime) -> None:
        """Queue a failed one again: composed anew, unless what failed may have arrived."""
        before = self._facts()
        self._move(_S.QUEUED)
        self.due_at, self.attempts = at, 0
        if not self.doubtful:
            self.round += 1
            self.subject = self.html = self.template = self.revision = self.composed_at = None
        self._tell(SendRetried, before)

    def report(self, result: SendResult, at: datetime, *, event_key: str, recipient: str, reason: str) -> SendEntry:
        """Note what the service reports of a message it has: delivered, bounced, complained of."""
        before = self._facts()
        target = {SendResult.DELIVERED: _S.DELIVERED, SendResult.BOUNCED: _S.BOUNCED}.get(result)
        if target is not None and target in SEND_LIFECYCLE.targets(self.status):
            self._move(target)
        if result is not SendResult.DELIVERED:
            self.error_code, self.error = (
                f"mail_{result.value}",
                _short(f"{recipient}: {reason}" if reason else recipient),
            )
        entry = self._entry(result, at, event_key, (recipient,), (None, reason or None))
        self._tell(SendReported, before)
        return entry

    # -- inside ------------------------------------------------------------------------------

    def _move(self, target: SendStatus) -> None:
        SEND_LIFECYCLE.require(self.status, target)
        self.status = target

    def _settle(self, result: SendResult, at: datetime) -> SendEntry:
        """End an attempt: nobody holds the request any more."""
        self.lease_owner = self.lease_until = None
        key = f"attempt {self.entries + 1}"
        return self._entry(result, at, key, self.recipients, (self.error_code, self.error))

    def _entry(
        self,
        result: SendResult,
        at: datetime,
        event_key: str,
        recipients: tuple[str, ...],
        error: tuple[str | None, str | None],
    ) -> SendEntry:
        self.entries += 1
        return SendEntry(
            send_id=self.id,
            ordinal=self.entries,
            invoice_id=self.invoice_id,
            partner_id=self.partner_id,
            tenant_id=self.tenant_id,
            at=at,
            result=result,
            recipients=recipients,
            event_key=event_key,
            channel=self.channel,
            template=self.template,
            revision=self.revision,
            message_id=self.message_id,
            code=error[0],
            message=_short(error[1]),
        )

    def _facts(self) -> dict[str, Any]:
        """Return the fields that verbs change, as the audit log has them: of the HTML, its digest."""
        names = (each.name for each in fields(type(self)) if not each.name.startswith("_") and each.name != "version")
        facts = {name: to_json(getattr(self, name)) for name in names}
        return facts | {"html": sha256(self.html.encode()).hexdigest() if self.html is not None else None}

    def _tell(self, event: type[SendEvent], before: dict[str, Any]) -> None:
        after = self._facts()
        changes = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
        self._record(event(**self._subject(), changes=changes))

    def _subject(self) -> dict[str, Any]:
        return {
            "resource_id": self.id,
            "partner_id": self.partner_id,
            "tenant_id": self.tenant_id,
            "ordinal": self.version + 1,
            "invoice_id": self.invoice_id,
            "recipients": list(self.recipients),
        }


def _short(text: str | None) -> str | None:
    return text[:_MAX_ERROR] if text is not None else None
