"""Answers about templates."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Any

from scaicontrol_core.documents.templates.checking import TemplateFinding, TemplateReport
from scaicontrol_core.documents.templates.saving import SavedTemplate
from scaicontrol_core.documents.templates.template import DocumentTemplate, TemplateVersion
from scaicontrol_core.documents.templates.variables import Variable
from scaicontrol_core.documents.use_cases.preview_template import Preview
from scaicontrol_http.requests import Answer


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
