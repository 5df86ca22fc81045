"""Bodies about templates."""

from __future__ import annotations

from typing import Any

from scaicontrol_core.documents.templates.template import (
    TemplateContent,
    TemplateId,
    TemplateLanguage,
    TemplateType,
)
from scaicontrol_core.documents.use_cases.copy_template import TemplateCopy
from scaicontrol_core.documents.use_cases.preview_template import PreviewOrder
from scaicontrol_core.documents.use_cases.save_template import TemplateOffer
from scaicontrol_core.kernel.checks import Findings, choice, maybe
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId
from scaicontrol_http.requests import Body

_type, _language = choice(TemplateType), maybe(choice(TemplateLanguage))


def type_of(text: str) -> TemplateType:
    """Return the document type; ``Invalid`` for an unknown one."""
    found: TemplateType = _type(text, "/document_type")
    return found


def language_of(text: str | None) -> TemplateLanguage | None:
    """Return the language; ``Invalid`` for an unknown one."""
    found: TemplateLanguage | None = _language(text, "/language")
    return found


class ContentBody(Body):
    """What a template says: Jinja for ``html_content`` and an e-mail's ``subject``; CSS is plain."""

    html_content: str
    css_content: str = ""
    subject: str | None = None
    editor_data: dict[str, Any] | None = None
    page_format: str | None = None

    def content(self) -> TemplateContent:
        """Return the core's value; ``Invalid`` names every wrong field."""
        return TemplateContent(
            html_content=self.html_content,
            css_content=self.css_content,
            subject=self.subject,
            editor_data=self.editor_data,
            page_format=self.page_format,  # type: ignore[arg-type]  # its own constructor makes it one
        )


class NewTemplateBody(ContentBody, kw_only=True):
    """A template to make; ``language`` null: for every language. Without a partner it is one's own."""

    name: str
    document_type: str
    language: str | None = None
    partner_id: str | None = None

    def offer(self) -> TemplateOffer:
        """Return the core's value."""
        return TemplateOffer(
            name=self.name,
            document_type=type_of(self.document_type),
            language=language_of(self.language),
            content=self.content(),
            partner_id=PartnerId(self.partner_id) if self.partner_id else None,
            expected_version=0,
        )


class ValidateBody(ContentBody, kw_only=True):
    """A template to check; nothing is kept."""

    document_type: str
    language: str | None = None


class PreviewBody(Body):
    """What to show: a text, a kept template by its id, or neither (the built-in one), over a sample or an invoice.

    ``sample`` is the name of a sample document: ``domestic``, ``reverse_charge``, ``many_lines``,
    ``foreign_currency``, ``bare``, ``credit_note`` or ``credit_note_reverse_charge``.
    """

    document_type: str | None = None
    template_id: str | None = None
    html_content: str | None = None
    css_content: str = ""
    subject: str | None = None
    page_format: str | None = None
    language: str | None = None
    sample: str | None = None
    invoice_id: str | None = None
    pdf: bool = False

    def order(self) -> PreviewOrder:
        """Return the core's value."""
        content = None
        if self.html_content is not None:
            content = ContentBody(
                html_content=self.html_content,
                css_content=self.css_content,
                subject=self.subject,
                page_format=self.page_format,
            ).content()
        return PreviewOrder(
            document_type=type_of(self.document_type) if self.document_type else None,
            content=content,
            template_id=TemplateId(self.template_id) if self.template_id else None,
            language=language_of(self.language),
            sample=self.sample,
            invoice_id=InvoiceId(self.invoice_id) if self.invoice_id else None,
            pdf=self.pdf,
        )


class RestoreBody(Body):
    """The version to bring back."""

    version: int


class CopyBody(Body):
    """Where to: a name, a language (null: every language), a partner (null: the same one)."""

    name: str
    language: str | None = None
    partner_id: str | None = None

    def copy(self) -> TemplateCopy:
        """Return the core's value."""
        return TemplateCopy(
            name=self.name,
            language=language_of(self.language),
            partner_id=PartnerId(self.partner_id) if self.partner_id else None,
        )


def wanted_type(text: str | None) -> TemplateType | None:
    """Return the type that a list is narrowed to."""
    findings = Findings()
    found = findings.attempt(lambda: type_of(text)) if text else None
    findings.raise_if_any()
    return found
