"""Files of templates: what an export writes and an import reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaicontrol_core.kernel.checks import Findings, choice, maybe, required
from scaicontrol_core.kernel.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.documents.templates.template import DocumentTemplate
    from scaicontrol_core.documents.use_cases.import_templates import ImportedTemplate

SCHEMA = "scaicontrol.templates/1"
_FIELDS = frozenset(
    ("name", "document_type", "language", "subject", "page_format", "html_content", "css_content", "editor_data")
)


def file_of(templates: Sequence[DocumentTemplate]) -> dict[str, Any]:
    """Return what an export writes."""
    return {"schema": SCHEMA, "templates": [_entry(each) for each in templates]}


def read_file(value: Any, name: str) -> list[ImportedTemplate]:
    """Return the templates of a file; ``Malformed`` or ``Invalid`` says what is wrong with which of them."""
    if not isinstance(value, dict) or value.get("schema") != SCHEMA or not isinstance(value.get("templates"), list):
        raise Malformed(f"{name} is no file of templates: its schema is {SCHEMA!r}.", code="file_syntax")
    findings, found = Findings(), []
    for place, entry in enumerate(value["templates"]):
        made = findings.attempt(lambda entry=entry: _read(entry), at=f"/templates/{place}")  # type: ignore[misc]
        if made is not None:
            found.append(made)
    findings.raise_if_any()
    return found


def _entry(template: DocumentTemplate) -> dict[str, Any]:
    identity, content = template.identity, template.content
    return {
        "name": identity.name,
        "document_type": identity.document_type.value,
        "language": identity.language.value if identity.language else None,
        "subject": content.subject,
        "page_format": content.page_format.value if content.page_format else None,
        "html_content": content.html_content,
        "css_content": content.css_content,
        "editor_data": content.editor_data,
    }


def _read(entry: Any) -> ImportedTemplate:
    from scaicontrol_core.documents.templates.template import TemplateContent, TemplateLanguage, TemplateType
    from scaicontrol_core.documents.use_cases.import_templates import ImportedTemplate
    from scaicontrol_core.kernel.errors import Invalid

    if not isinstance(entry, dict):
        raise Invalid.field("", "A template is an object.", code="template_entry_invalid")
    unknown = sorted(entry.keys() - _FIELDS)
    if unknown:
        raise Invalid.field(f"/{unknown[0]}", f"There is no field {unknown[0]!r}.", code="field_unknown")
    kind: TemplateType = choice(TemplateType)(entry.get("document_type"), "/document_type")
    language: TemplateLanguage | None = maybe(choice(TemplateLanguage))(entry.get("language"), "/language")
    return ImportedTemplate(
        name=required(120)(entry.get("name"), "/name"),
        document_type=kind,
        language=language,
        content=TemplateContent(
            html_content=entry.get("html_content", ""),
            css_content=entry.get("css_content") or "",
            subject=entry.get("subject"),
            editor_data=entry.get("editor_data"),
            page_format=entry.get("page_format"),
        ),
    )
