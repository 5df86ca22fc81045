"""A message as MIME: text, HTML and files, the same bytes for every attempt at one hand-over."""

from __future__ import annotations

from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from hashlib import sha256
from typing import TYPE_CHECKING

from scaicontrol_core.documents.mail import Mail, MailRefused, message_id_of, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable


def mime_message(mail: Mail, from_address: str, idempotency_key: str) -> EmailMessage:
    """Return the message as RFC 5322 and 2045 have it.

    Message-ID and boundaries come from the key: a copy that a crash sent twice is known for one.
    Raises ``MailRefused`` for addresses that no header can hold.
    """
    message = EmailMessage(policy=SMTP)
    sender = _address(from_address, one_line(mail.from_name))
    message["From"] = sender
    message["To"] = [_address(each) for each in mail.to]
    if mail.reply_to:
        message["Reply-To"] = _address(mail.reply_to)
    message["Subject"] = one_line(mail.subject)
    message["Date"] = mail.date
    message["Message-ID"] = message_id_of(idempotency_key, sender.domain)
    # RFC 3834: holiday notices do not answer it.
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.language
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    for attachment in mail.attachments:
        main, _, sub = attachment.content_type.partition("/")
        message.add_attachment(attachment.content, maintype=main, subtype=sub, filename=attachment.file_name)
    _settle_boundaries(message.walk(), idempotency_key)
    return message


def mime_bytes(message: EmailMessage) -> bytes:
    """Return the message as it goes over the wire, lines ended by CR LF."""
    return message.as_bytes(policy=SMTP)


def ascii_address(address: str) -> str:
    """Return an address as every mail server takes it, an international domain by its ASCII name.

    Raises ``MailRefused`` for one that has none.
    """
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}".encode("ascii").decode()
    except UnicodeError:
        raise MailRefused(f"Mail servers can't take the address {address}.") from None


def _address(address: str, name: str = "") -> Address:
    try:
        return Address(display_name=name, addr_spec=ascii_address(address))
    except (ValueError, IndexError, HeaderParseError):
        raise MailRefused(f"The address {address} can't stand in a message's header.") from None


def _settle_boundaries(parts: Iterable[EmailMessage | MIMEPart], idempotency_key: str) -> None:
    for number, part in enumerate(parts):
        if part.is_multipart():
            part.set_boundary("=_" + sha256(f"{idempotency_key} {number}".encode()).hexdigest()[:40])
