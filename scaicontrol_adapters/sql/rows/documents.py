"""The revisions of invoices' PDFs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    ID_LENGTH,
    Code,
    Json,
    LongText,
    Name,
    Row,
    TenantOrPartnerScoped,
    index,
    of_tenant,
    one_of,
    table,
)
from scaicontrol_core.documents.revision import RevisionReason


class DocumentRevisionRow(Row, TenantOrPartnerScoped):
    """One PDF of one invoice, and the HTML it can be made from again. Append-only."""

    __tablename__ = "document_revisions"
    __table_args__ = table(of_tenant(), one_of("reason", RevisionReason), index("partner_id"))

    invoice_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("invoices.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    object_key: Mapped[str] = mapped_column(String(500))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[Code]
    html_snapshot: Mapped[LongText]
    template: Mapped[Name]
    renderer: Mapped[str] = mapped_column(String(500))
    fonts: Mapped[Json]
    created_at: Mapped[datetime]
    einvoice_format: Mapped[Code | None]
    einvoice_key: Mapped[str | None] = mapped_column(String(500))
    einvoice_sha256: Mapped[str | None] = mapped_column(String(64))
