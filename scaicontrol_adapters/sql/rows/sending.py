"""Requests to send documents, and what became of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    ID_LENGTH,
    Code,
    Id,
    Json,
    LongText,
    PrimaryId,
    Row,
    TenantOrPartnerScoped,
    index,
    of_tenant,
    one_of,
    state_of,
    table,
    unique,
)
from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.transmission import SEND_LIFECYCLE, SendResult

#: A digest in hex, a Message-ID or an id of the mail service.
_MESSAGE_ID = 191


class SendRequestRow(Row, TenantOrPartnerScoped):
    """A wish to send a document; the message's words are kept once they are settled."""

    __tablename__ = "send_requests"
    __table_args__ = table(
        of_tenant(),
        state_of(SEND_LIFECYCLE),
        one_of("mail_type", MailType),
        unique("invoice_id", "request_key", code="send_key_taken", message="Another request was first.", race=True),
        index("status", "due_at", "id"),
        index("message_id"),
        index("partner_id"),
    )

    id: Mapped[PrimaryId]
    invoice_id: Mapped[Id] = mapped_column(ForeignKey("invoices.id"))
    mail_type: Mapped[Code]
    recipients: Mapped[Json]
    requested_by: Mapped[str] = mapped_column(String(255))
    requested_at: Mapped[datetime]
    request_key: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[Code]
    due_at: Mapped[datetime]
    attempts: Mapped[int]
    round: Mapped[int]
    doubtful: Mapped[bool]
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    channel: Mapped[Code | None]
    subject: Mapped[str | None] = mapped_column(String(998))
    html: Mapped[LongText | None]
    template: Mapped[str | None] = mapped_column(String(255))
    revision: Mapped[int | None]
    composed_at: Mapped[datetime | None]
    message_id: Mapped[str | None] = mapped_column(String(_MESSAGE_ID))
    handed_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(String(500))
    entries: Mapped[int]
    version: Mapped[int]


class SendEntryRow(Row, TenantOrPartnerScoped):
    """One line of the send history. Append-only: triggers refuse UPDATE and DELETE."""

    __tablename__ = "send_history"
    __table_args__ = table(
        of_tenant(),
        one_of("result", SendResult),
        unique("send_id", "event_key", code="send_entry_exists", message="This is told already."),
        index("invoice_id", "send_id", "ordinal"),
        index("partner_id"),
    )

    send_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("send_requests.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    invoice_id: Mapped[Id] = mapped_column(ForeignKey("invoices.id"))
    at: Mapped[datetime]
    result: Mapped[Code]
    recipients: Mapped[Json]
    event_key: Mapped[str] = mapped_column(String(128))
    channel: Mapped[Code | None]
    template: Mapped[str | None] = mapped_column(String(255))
    revision: Mapped[int | None]
    message_id: Mapped[str | None] = mapped_column(String(_MESSAGE_ID))
    code: Mapped[str | None] = mapped_column(String(64))
    message: Mapped[str | None] = mapped_column(String(500))
