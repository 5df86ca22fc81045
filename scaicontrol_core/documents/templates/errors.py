"""What can go wrong with templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.kernel.errors import Conflict, FieldError, Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable


class TemplateExists(Conflict):
    """Its owner has a template of this name, type and language."""

    code = "document_template_exists"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is a template {name!r} of this type and language.",
            fields=(FieldError("/name", "this name is taken for the type and language"),),
            hint="Save a new version of it, or choose another name.",
        )


class TemplateFaulty(Invalid):
    """A template that could not be rendered, or may not be; nothing was saved. ``fields`` name each fault."""

    code = "template_faulty"

    @classmethod
    def because(cls, faults: Iterable[FieldError]) -> TemplateFaulty:
        """Name the faults."""
        found = tuple(faults)
        return cls(
            f"The template has {len(found)} fault{'s' if len(found) > 1 else ''}: {found[0].message}",
            fields=found,
            hint="Correct it; validating shows the same without saving.",
        )
