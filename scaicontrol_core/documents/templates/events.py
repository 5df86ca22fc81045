"""What happens to a template."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from scaicontrol_core.kernel.events import Event


@frozen(kw_only=True)
class TemplateEvent(Event):
    """Something about a template; of its texts only digests stand in ``changes``."""

    resource_type: ClassVar[str] = "document_template"

    name: str
    document_type: str
    language: str | None


@frozen(kw_only=True)
class TemplateCreated(TemplateEvent):
    """A template was made, or made again after its deletion."""

    action: ClassVar[str] = "document_template.created"


@frozen(kw_only=True)
class TemplateSaved(TemplateEvent):
    """A template has a new version."""

    action: ClassVar[str] = "document_template.saved"


@frozen(kw_only=True)
class TemplateRestored(TemplateEvent):
    """An older version of a template is its newest again."""

    action: ClassVar[str] = "document_template.restored"


@frozen(kw_only=True)
class TemplateDeleted(TemplateEvent):
    """A template is used no more; its versions are kept."""

    action: ClassVar[str] = "document_template.deleted"
