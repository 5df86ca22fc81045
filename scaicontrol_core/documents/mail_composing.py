"""From a document, or a notice about a subscription, to what an e-mail's template sees."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scaicontrol_core.documents.branding import Branding, branding_of
from scaicontrol_core.documents.composing import buyer_context, invoice_context, reading, seller_context
from scaicontrol_core.documents.context import BuyerContext, InvoiceContext, SellerContext
from scaicontrol_core.documents.errors import DocumentUnreadable
from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.mail_wording import wording_for
from scaicontrol_core.documents.wording import labels_for
from scaicontrol_core.kernel.money import Money

if TYPE_CHECKING:
    from scaicontrol_core.documents.labels import Labels
    from scaicontrol_core.documents.mail_words import MailWording


@frozen(kw_only=True)
class TrialNotice:
    """A trial that ends: of what, when, and what it costs from then on, if anything."""

    plan: str
    ends_on: date
    price: Money | None = None


@frozen(kw_only=True)
class FailureNotice:
    """A payment that failed: why, as the provider says it, and when it is tried again, if it is."""

    reason: str | None = None
    retry_on: date | None = None


@frozen(kw_only=True)
class ReminderNotice:
    """A payment reminder: what is open, the fee added, and the last day to pay, where there is one."""

    open: Money
    fee: Money | None = None
    pay_by: date | None = None


Notice = TrialNotice | FailureNotice | ReminderNotice


@frozen(kw_only=True)
class MailOrder:
    """What a message is to be about.

    ``document`` is the frozen document; for a message about none of them (a trial), ``parties``
    has the same ``seller`` and ``buyer``, and ``language``. ``link`` leads to where the reader can act.
    """

    mail_type: MailType
    document: Mapping[str, Any] | None = None
    parties: Mapping[str, Any] | None = None
    notice: Notice | None = None
    link: str | None = None


@frozen(kw_only=True)
class MailContext:
    """Everything an e-mail's template may name beside the document's own context (``invoice``)."""

    mail_type: MailType
    language: str
    seller: SellerContext
    buyer: BuyerContext
    branding: Branding
    labels: Labels
    wording: MailWording
    invoice: InvoiceContext | None
    trial: TrialNotice | None
    failure: FailureNotice | None
    reminder: ReminderNotice | None
    link: str | None


@frozen
class MailTemplateSource:
    """An e-mail template that is not built in: Jinja for subject and HTML, and CSS, with a name for messages."""

    name: str
    subject: str
    html: str
    css: str = ""


@frozen(kw_only=True)
class RenderedMail:
    """A message's words, written: its subject on one line, its whole HTML, and the template's name and version."""

    subject: str
    html: str
    template: str


#: What a message of a type is about, beside its document.
_NOTICES: Mapping[MailType, type[Notice]] = {
    MailType.TRIAL_ENDING: TrialNotice,
    MailType.PAYMENT_FAILED: FailureNotice,
    MailType.REMINDER_1: ReminderNotice,
    MailType.REMINDER_2: ReminderNotice,
    MailType.REMINDER_3: ReminderNotice,
}


def mail_type_of(document: Mapping[str, Any]) -> MailType:
    """Return the type of the message that brings a document."""
    return MailType.CREDIT_NOTE if document["document_type"] == "credit_note" else MailType.INVOICE


def mail_context(order: MailOrder) -> MailContext:
    """Read an order into the shape that templates see.

    Raises ``DocumentUnreadable`` for a document that lacks something, or an order without what its
    type is about; ``Invalid`` for an unknown language.
    """
    _require_subject(order)
    parties = order.document if order.document is not None else order.parties
    assert parties is not None  # noqa: S101  # required above
    invoice = invoice_context(order.document) if order.document is not None else None
    with reading():
        language: str = parties["language"]
        seller: Mapping[str, Any] = parties["seller"]
        notice = order.notice
        return MailContext(
            mail_type=order.mail_type,
            language=language,
            seller=seller_context(seller),
            buyer=buyer_context(parties["buyer"]),
            branding=branding_of(seller),
            labels=labels_for(language),
            wording=wording_for(language),
            invoice=invoice,
            trial=notice if isinstance(notice, TrialNotice) else None,
            failure=notice if isinstance(notice, FailureNotice) else None,
            reminder=notice if isinstance(notice, ReminderNotice) else None,
            link=order.link,
        )


def _require_subject(order: MailOrder) -> None:
    """Raise ``DocumentUnreadable`` for a message that lacks what its type is about."""
    needed = _NOTICES.get(order.mail_type)
    if needed is not None and not isinstance(order.notice, needed):
        raise DocumentUnreadable(f"A message of the type {order.mail_type.value} needs a {needed.__name__}.")
    about_document = order.mail_type is not MailType.TRIAL_ENDING
    if (order.document is None) is about_document or (order.parties is None) is not about_document:
        wanted = "a document" if about_document else "two parties, and no document"
        raise DocumentUnreadable(f"A message of the type {order.mail_type.value} is about {wanted}.")
