"""E-mail: what is sent, of which type, through which port, and what can go wrong with it.

The mail port is how documents leave the house: its channel (``folder``, ``smtp``, ``scaisend``)
and what became of the message are kept with every request to send.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from scaicontrol_core.kernel.errors import Conflict, Invalid, Refused, Unavailable
from scaicontrol_core.kernel.party import require_email

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_RECIPIENTS = 20
_BLANKS = re.compile(r"\s+")
#: What no header may hold: control characters, marks that turn the direction of writing, what is no character.
_NOT_SHOWN = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


class MailType(StrEnum):
    """What a message is about; also the document type of its template."""

    INVOICE = "email_invoice"
    CREDIT_NOTE = "email_credit_note"
    TRIAL_ENDING = "email_trial_ending"
    PAYMENT_FAILED = "email_payment_failed"
    REMINDER_1 = "email_reminder_1"
    REMINDER_2 = "email_reminder_2"
    REMINDER_3 = "email_reminder_3"


class MailRefused(Invalid):
    """The mail service will never take this message; it surely was not sent."""

    code = "mail_refused"


class MailUnavailable(Unavailable):
    """The mail service does not answer, or not now.

    ``maybe_taken`` tells that it may have the message all the same (no answer came);
    ``retry_after`` is how long it asked us to wait, if it did.
    """

    code = "mail_unavailable"

    def __init__(
        self,
        message: str,
        *,
        maybe_taken: bool = False,
        retry_after: timedelta | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.maybe_taken = maybe_taken
        self.retry_after = retry_after


class NobodyToSendTo(Invalid):
    """Neither the request nor the document names an address."""

    code = "recipient_missing"


class InvoiceVoid(Refused):
    """A void document is not sent any more."""

    code = "invoice_void"


class SendKeyReused(Conflict):
    """The same key came with another request to send this document."""

    code = "send_key_reused"


@frozen
class MailAttachment:
    """A file that goes with a message."""

    file_name: str
    content_type: str
    content: bytes = field(repr=False)


@frozen(kw_only=True)
class Mail:
    """A message, ready to be handed over. Equal messages make equal bytes on every channel.

    ``from_name`` is the seller; the address it is sent from is the channel's own, so that the
    checks of receiving servers (SPF, DKIM) pass; answers go to ``reply_to``. ``reference`` is for
    the mail service's own reports.
    """

    from_name: str
    reply_to: str | None
    to: tuple[str, ...]
    subject: str
    html: str = field(repr=False)
    text: str = field(repr=False)
    language: str
    date: datetime
    attachments: tuple[MailAttachment, ...] = ()
    reference: str = ""


@frozen(kw_only=True)
class Handed:
    """The service has the message; ``refused`` are recipients it will not deliver to."""

    message_id: str
    refused: tuple[str, ...] = ()


class MailSender(Protocol):
    """Hands messages over: to a folder, an SMTP server, or ScaiSend."""

    @property
    def channel(self) -> str:
        """The name under which the send history keeps what went this way."""
        ...

    async def send(self, mail: Mail, idempotency_key: str) -> Handed:
        """Hand a message over; the same key again hands nothing over a second time.

        Returns within a minute. Raises ``MailRefused`` (for good) or ``MailUnavailable`` (for now).
        """
        ...


def message_id_of(idempotency_key: str, domain: str) -> str:
    """Return the Message-ID (RFC 5322) of a hand-over: the same for every attempt at it."""
    return f"<{sha256(idempotency_key.encode()).hexdigest()[:32]}@{domain}>"


def one_line(text: str) -> str:
    """Return a text fit for a header: without line breaks and control characters, runs of blanks made one.

    Nor does it begin an encoded word (RFC 2047, ``=?utf-8?q?…?=``): whoever decodes one would find
    line breaks in it, hence headers that the name or subject of a customer wrote.
    """
    return _BLANKS.sub(" ", _NOT_SHOWN.sub("", text)).replace("=?", "= ?").strip()


def without_surrogates(text: str) -> str:
    """Return what a mail service said, fit to be kept: JSON and Latin-1 can smuggle in what is no character."""
    return text.encode("utf-8", "replace").decode()


def recipients_of(addresses: Iterable[str], pointer: str = "/to") -> tuple[str, ...]:
    """Return the addresses, each once; ``Invalid`` for what is none and for more than a few."""
    found: dict[str, str] = {}
    for index, address in enumerate(addresses):
        checked = require_email(address, f"{pointer}/{index}")
        found.setdefault(checked.casefold(), checked)
    if len(found) > MAX_RECIPIENTS:
        raise Invalid.field(pointer, f"At most {MAX_RECIPIENTS} recipients.", code="too_many_recipients")
    return tuple(found.values())
