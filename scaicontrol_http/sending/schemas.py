"""Bodies and answers of sending."""

from __future__ import annotations

from datetime import datetime

from msgspec import field

from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.mail_composing import MailTemplateSource
from scaicontrol_core.documents.templates.template import TemplateId
from scaicontrol_core.documents.transmission import SendEntry, SendRequest
from scaicontrol_core.documents.transmission_stories import SendStory
from scaicontrol_core.documents.use_cases.send_test_mail import SampleMail
from scaicontrol_core.kernel.checks import choice
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_http.requests import Answer, Body

_mail_type = choice(MailType)


class SendBody(Body):
    """Whom to send it to; nobody named: the buyer's address for invoices."""

    to: list[str] = field(default_factory=list)


class HandOverBody(Body):
    """Which invoices were handed over by another way than our mail."""

    ids: list[str]


class HandOverAnswer(Answer):
    """How many of them were not sent before."""

    sent: int


class SendEntryAnswer(Answer):
    """One line of the history: an attempt (``handed_over``, ``deferred``, ``failed``) or a report of the service."""

    at: datetime
    result: str
    recipients: list[str]
    channel: str | None
    template: str | None
    revision: int | None
    message_id: str | None
    code: str | None
    message: str | None

    @classmethod
    def of(cls, entry: SendEntry) -> SendEntryAnswer:
        """Show a line."""
        return cls(
            at=entry.at,
            result=entry.result.value,
            recipients=list(entry.recipients),
            channel=entry.channel,
            template=entry.template,
            revision=entry.revision,
            message_id=entry.message_id,
            code=entry.code,
            message=entry.message,
        )


class SendAnswer(Answer):
    """A request to send a document. ``due_at`` is when a queued one is tried next."""

    id: str
    invoice_id: str
    type: str
    status: str
    recipients: list[str]
    requested_by: str
    requested_at: datetime
    due_at: datetime | None
    attempts: int
    channel: str | None
    subject: str | None
    template: str | None
    revision: int | None
    message_id: str | None
    handed_at: datetime | None
    error_code: str | None
    error: str | None
    history: list[SendEntryAnswer]

    @classmethod
    def of(cls, request: SendRequest, entries: tuple[SendEntry, ...] = ()) -> SendAnswer:
        """Show a request with what became of it."""
        return cls(
            id=request.id,
            invoice_id=request.invoice_id,
            type=request.mail_type.value,
            status=request.status.value,
            recipients=list(request.recipients),
            requested_by=request.requested_by,
            requested_at=request.requested_at,
            due_at=request.due_at if request.status.value == "queued" else None,
            attempts=request.attempts,
            channel=request.channel,
            subject=request.subject,
            template=request.template,
            revision=request.revision,
            message_id=request.message_id,
            handed_at=request.handed_at,
            error_code=request.error_code,
            error=request.error,
            history=[SendEntryAnswer.of(entry) for entry in entries],
        )

    @classmethod
    def told(cls, story: SendStory) -> SendAnswer:
        """Show a request with its history."""
        return cls.of(story.request, story.entries)


class SampleMailBody(Body):
    """A message to oneself about one of one's invoices.

    Its template is a text, a kept one by its id, or, without either, the built-in one.
    """

    document_type: str
    invoice_id: str
    to: list[str]
    template_id: str | None = None
    subject: str | None = None
    html_content: str | None = None
    css_content: str = ""

    def sample(self) -> SampleMail:
        """Return the core's value."""
        template = None
        if self.html_content is not None:
            template = MailTemplateSource("draft", self.subject or "", self.html_content, self.css_content)
        return SampleMail(
            mail_type=_mail_type(self.document_type, "/document_type"),
            invoice_id=InvoiceId(self.invoice_id),
            to=self.to,
            template=template,
            template_id=TemplateId(self.template_id) if self.template_id else None,
        )


class SampleMailAnswer(Answer):
    """The id of the message that was handed over, and recipients that were refused."""

    message_id: str
    refused: list[str]
