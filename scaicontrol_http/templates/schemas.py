"""Bodies and answers of templates."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Any

from scaicontrol_core.documents.templates.checking import TemplateFinding, TemplateReport
from scaicontrol_core.documents.templates.saving import SavedTemplate
from scaicontrol_core.documents.templates.template import (
    DocumentTemplate,
    TemplateContent,
    TemplateId,
    TemplateLanguage,
    TemplateType,
    TemplateVersion,
)
from scaicontrol_core.documents.templates.variables import Variable
from scaicontrol_core.documents.use_cases.copy_template import TemplateCopy
from scaicontrol_core.documents.use_cases.preview_template import Preview, PreviewOrder
from scaicontrol_core.documents.use_cases.save_template import TemplateOffer
from scaicontrol_core.kernel.checks import Findings, choice, maybe
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId
from scaicontrol_http.requests import Answer, Body

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


class FindingAnswer(Answer):
    """One thing found in a template: ``severity`` is ``error`` (a save is refused) or ``warning``."""

    severity: str
    part: str
    line: int | None
    message: str
    sample: str | None

    @classmethod
    def of(cls, found: TemplateFinding) -> FindingAnswer:
        """Show a finding."""
        return cls(
            severity=found.severity.value,
            part=found.part,
            line=found.line,
            message=found.message,
            sample=found.sample,
        )


class ReportAnswer(Answer):
    """What was found; ``valid`` means that a save would be accepted."""

    valid: bool
    findings: list[FindingAnswer]

    @classmethod
    def of(cls, report: TemplateReport) -> ReportAnswer:
        """Show a report."""
        return cls(valid=not report.errors, findings=[FindingAnswer.of(each) for each in report.findings])


class TemplateHeadAnswer(Answer):
    """A template without its text, as lists show it."""

    id: str
    partner_id: str
    name: str
    document_type: str
    language: str | None
    page_format: str | None
    version: int
    is_deleted: bool
    created_at: datetime
    saved_at: datetime
    saved_by: str

    @classmethod
    def of(cls, template: DocumentTemplate) -> TemplateHeadAnswer:
        """Show a template."""
        return cls(**_head(template))


class TemplateAnswer(TemplateHeadAnswer, kw_only=True):
    """A template with its text; ``warnings`` are what a save had to say, and null where nothing was checked."""

    subject: str | None
    html_content: str
    css_content: str
    editor_data: dict[str, Any] | None
    warnings: list[FindingAnswer] | None = None

    @classmethod
    def of(cls, template: DocumentTemplate, report: TemplateReport | None = None) -> TemplateAnswer:
        """Show a template."""
        content = template.content
        return cls(
            **_head(template),
            subject=content.subject,
            html_content=content.html_content,
            css_content=content.css_content,
            editor_data=content.editor_data,
            warnings=None if report is None else [FindingAnswer.of(each) for each in report.warnings],
        )

    @classmethod
    def saved(cls, kept: SavedTemplate) -> TemplateAnswer:
        """Show a template that was just saved."""
        return cls.of(kept.template, kept.report)


def _head(template: DocumentTemplate) -> dict[str, Any]:
    identity, page_format = template.identity, template.content.page_format
    return {
        "id": template.id,
        "partner_id": template.partner_id,
        "name": identity.name,
        "document_type": identity.document_type.value,
        "language": identity.language.value if identity.language else None,
        "page_format": page_format.value if page_format else None,
        "version": template.version,
        "is_deleted": template.is_deleted,
        "created_at": template.created_at,
        "saved_at": template.saved_at,
        "saved_by": template.saved_by,
    }


class VersionAnswer(Answer):
    """A version as it was kept; ``reason`` is ``created``, ``saved``, ``restored`` or ``deleted``."""

    version: int
    reason: str
    saved_at: datetime
    saved_by: str
    subject: str | None
    html_content: str
    css_content: str
    editor_data: dict[str, Any] | None
    page_format: str | None

    @classmethod
    def of(cls, kept: TemplateVersion) -> VersionAnswer:
        """Show a version."""
        content = kept.content
        return cls(
            version=kept.version,
            reason=kept.reason.value,
            saved_at=kept.saved_at,
            saved_by=kept.saved_by,
            subject=content.subject,
            html_content=content.html_content,
            css_content=content.css_content,
            editor_data=content.editor_data,
            page_format=content.page_format.value if content.page_format else None,
        )


class PreviewAnswer(Answer):
    """How it looks: whole HTML, an e-mail's subject, and the PDF in base64 where one was asked for."""

    html: str
    subject: str | None
    pdf_base64: str | None

    @classmethod
    def of(cls, made: Preview) -> PreviewAnswer:
        """Show a preview."""
        pdf = b64encode(made.pdf).decode() if made.pdf is not None else None
        return cls(html=made.html, subject=made.subject, pdf_base64=pdf)


class VariableAnswer(Answer):
    """One thing a template may name; ``[]`` stands behind a list, ``filter`` is how it is best written."""

    path: str
    kind: str
    optional: bool
    filter: str | None
    description: str | None

    @classmethod
    def of(cls, variable: Variable) -> VariableAnswer:
        """Show a variable."""
        return cls(
            path=variable.path,
            kind=variable.kind,
            optional=variable.optional,
            filter=variable.filter,
            description=variable.description,
        )


class VariablesAnswer(Answer):
    """Everything that a template of a type may name."""

    document_type: str
    variables: list[VariableAnswer]


class VersionsAnswer(Answer):
    """All that a template ever said, newest first."""

    items: list[VersionAnswer]


def wanted_type(text: str | None) -> TemplateType | None:
    """Return the type that a list is narrowed to."""
    findings = Findings()
    found = findings.attempt(lambda: type_of(text)) if text else None
    findings.raise_if_any()
    return found
