"""Send a message to oneself, to see how a template looks in a real mail program."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.mail import Handed, Mail, MailSender, MailType, NobodyToSendTo, recipients_of
from scaicontrol_core.documents.mail_composing import (
    FailureNotice,
    MailOrder,
    MailTemplateSource,
    Notice,
    ReminderNotice,
    TrialNotice,
)
from scaicontrol_core.documents.plain_text import text_of_html
from scaicontrol_core.documents.sending import sendable
from scaicontrol_core.documents.templates.template import TemplateId
from scaicontrol_core.documents.transmission_ports import MailRenderer
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import FieldError, Invalid
from scaicontrol_core.kernel.ids import Ids, InvoiceId
from scaicontrol_core.kernel.money import Money
from scaicontrol_core.kernel.work import UnitOfWorkFactory

_FORTNIGHT = timedelta(days=14)
#: What a message leads to that has no page to lead to yet.
_LINK = "https://example.com/"


@frozen(kw_only=True)
class SampleMail:
    """What to send: a type of message about a document, to whom, with which template.

    That is a text, a kept one by its id, or neither (the built-in one).
    """

    mail_type: MailType
    invoice_id: InvoiceId
    to: Sequence[str]
    template: MailTemplateSource | None = None
    template_id: TemplateId | None = None


@frozen
class SendTestMail:
    """Hand a sample of a message over, marked as a test, without files, and kept in no history.

    Raises ``NotFound``, ``Invalid`` (``template_type_differs``: a kept template is for another type of message),
    ``DraftHasNoDocument``, ``InvoiceVoid``, ``NobodyToSendTo``, ``TemplateRejected``,
    ``MailRefused``, ``MailUnavailable``.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock
    ids: Ids
    mail: MailSender
    mail_renderer: MailRenderer

    async def __call__(self, actor: Actor, wanted: SampleMail) -> Handed:
        """Return the message's id."""
        actor.require(Permission.ADMIN_BILLING)
        to = recipients_of(wanted.to)
        if not to:
            raise NobodyToSendTo("A test needs a recipient.", fields=(FieldError("/to", "name at least one"),))
        async with self.work.begin(actor, read_only=True) as work:
            document = sendable(await work.invoices.get(wanted.invoice_id))
            template = wanted.template or await _kept(work, wanted)
        now = self.clock.now()
        rendered = await self.mail_renderer.render_mail(sample_order(wanted.mail_type, document, now.date()), template)
        seller = document["seller"]
        mail = Mail(
            from_name=seller.get("trading_name") or seller["legal_name"],
            reply_to=seller.get("email"),
            to=to,
            subject=f"[Test] {rendered.subject}",
            html=rendered.html,
            text=text_of_html(rendered.html),
            language=document["language"],
            date=now,
        )
        return await self.mail.send(mail, self.ids.new("tst"))


async def _kept(work: DocumentsWork, wanted: SampleMail) -> MailTemplateSource | None:
    """Return the template that is named by its id."""
    if wanted.template_id is None:
        return None
    kept = await work.templates.get(wanted.template_id)
    if kept.identity.document_type.value != wanted.mail_type.value:
        told = f"This template is of type {kept.identity.document_type.value}."
        raise Invalid.field("/template_id", told, code="template_type_differs")
    return kept.mail_source()


def sample_order(mail_type: MailType, document: dict[str, Any], today: date) -> MailOrder:
    """Return what a message of a type about a document might be about."""
    if mail_type is MailType.TRIAL_ENDING:
        price = Money(document["totals"]["gross_cents"], document["currency"])
        notice: Notice = TrialNotice(plan=document["lines"][0]["description"], ends_on=today + _FORTNIGHT, price=price)
        return MailOrder(mail_type=mail_type, parties=document, notice=notice, link=_LINK)
    if mail_type in {MailType.INVOICE, MailType.CREDIT_NOTE}:
        return MailOrder(mail_type=mail_type, document=document)
    if mail_type is MailType.PAYMENT_FAILED:
        notice = FailureNotice(retry_on=today + _FORTNIGHT)
    else:
        asked = Money(document["totals"]["payable_cents"], document["currency"])
        notice = ReminderNotice(open=asked, pay_by=today + _FORTNIGHT)
    return MailOrder(mail_type=mail_type, document=document, notice=notice, link=_LINK)
