"""Templates of documents and e-mails, and all their versions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    ID_LENGTH,
    Code,
    Json,
    Language,
    LongText,
    PartnerScoped,
    PrimaryId,
    Row,
    index,
    one_of,
    table,
    unique,
)
from scaicontrol_core.documents.templates.template import TemplateChange, TemplateType


class TemplateRow(Row, PartnerScoped):
    """A template as it is today. ``language_key`` is '' for any language: NULLs would all be different."""

    __tablename__ = "document_templates"
    __table_args__ = table(
        one_of("document_type", TemplateType),
        one_of("reason", TemplateChange),
        unique(
            "partner_id",
            "document_type",
            "name",
            "language_key",
            code="document_template_exists",
            message="There is a template of this name, type and language.",
        ),
        index("partner_id", "name", "id"),
        index("name", "id"),
        index("saved_at", "id"),
    )

    id: Mapped[PrimaryId]
    partner_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("partners.id"))
    name: Mapped[str] = mapped_column(String(120))
    document_type: Mapped[Code]
    language: Mapped[Language | None]
    language_key: Mapped[Language]
    subject: Mapped[str | None] = mapped_column(String(500))
    html_content: Mapped[LongText]
    css_content: Mapped[LongText]
    editor_data: Mapped[Json | None]
    page_format: Mapped[Code | None]
    reason: Mapped[Code]
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
    version: Mapped[int]


class TemplateVersionRow(Row, PartnerScoped):
    """One version. Append-only: triggers refuse UPDATE and DELETE."""

    __tablename__ = "document_template_versions"
    __table_args__ = table(one_of("reason", TemplateChange), index("partner_id"))

    template_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("document_templates.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    partner_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("partners.id"))
    reason: Mapped[Code]
    subject: Mapped[str | None] = mapped_column(String(500))
    html_content: Mapped[LongText]
    css_content: Mapped[LongText]
    editor_data: Mapped[Json | None]
    page_format: Mapped[Code | None]
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(String(255))
