"""What can go wrong between a frozen document and the bytes a customer receives."""

from __future__ import annotations

from scaicontrol_core.kernel.errors import Conflict, FieldError, Invalid, Limited, NotFound, Unavailable


class DocumentUnreadable(Invalid):
    """The frozen document lacks something a document can't be written without."""

    code = "document_unreadable"


class TemplateRejected(Invalid):
    """A template is wrong: syntax, an unknown variable, a forbidden construct.

    ``template`` is its name, ``line`` the 1-based line in it where known.
    """

    code = "template_rejected"

    def __init__(self, template: str, reason: str, line: int | None = None) -> None:
        self.template = template
        self.line = line
        where = f"{template}, line {line}" if line is not None else template
        super().__init__(
            f"The template {where} can't be rendered: {reason}",
            fields=(FieldError("/html_content", reason),),
            hint="Correct the template and validate it before it is used again.",
        )
        self._reason = reason

    def __reduce__(self) -> tuple[type[TemplateRejected], tuple[str, str, int | None]]:
        """Travel whole from a renderer's process to its caller's."""
        return (TemplateRejected, (self.template, self._reason, self.line))


class EInvoiceNotWanted(NotFound):
    """The buyer wants a PDF alone, so no XML was made; one can be had in any format by its name."""

    code = "einvoice_not_wanted"

    @classmethod
    def by(cls, number: str) -> EInvoiceNotWanted:
        """Name the invoice."""
        hint = "Name a format: ubl, xrechnung, cii, zugferd or facturx. Or give the billing profile one."
        return cls(f"The buyer of {number} wants no e-invoice.", hint=hint)


class RenderingLimitExceeded(Limited):
    """A template ran too long or wrote too much; it was stopped, the renderer goes on."""

    code = "rendering_limit_exceeded"


class RenderingUnavailable(Unavailable):
    """The renderer died or is closed; the document itself is safe, try again later."""

    code = "rendering_unavailable"


class ObjectConflict(Conflict):
    """Other bytes are already kept under this key; what was stored once is never replaced."""

    code = "object_conflict"

    @classmethod
    def at(cls, key: str) -> ObjectConflict:
        """Name the key that is taken."""
        return cls(f"The object {key!r} exists with other content.", hint="Write a new revision under its own key.")


class ObjectNotFound(NotFound):
    """Nothing is kept under this key."""

    code = "object_not_found"

    @classmethod
    def at(cls, key: str) -> ObjectNotFound:
        """Name the key that is empty."""
        return cls(f"There is no object {key!r}.")


class ObjectStoreUnavailable(Unavailable):
    """The object store does not answer, or refuses us."""

    code = "object_store_unavailable"


class ObjectAltered(ObjectStoreUnavailable):
    """What lies in the object store is not what was stored there."""

    code = "object_altered"

    @classmethod
    def at(cls, key: str) -> ObjectAltered:
        """Name the object."""
        return cls(f"The object {key!r} is not what was stored: its sha256 differs.")


class AssetLost(Conflict):
    """A document names an asset whose bytes are not, or no longer rightly, in the object store."""

    code = "asset_lost"

    @classmethod
    def of(cls, digest: str, what: str) -> AssetLost:
        """Name the asset."""
        return cls(
            f"The asset {digest[:12]}… {what}.",
            hint="Upload the same file again: it is kept under the digest of its bytes.",
        )


class RenderingFailed(Invalid):
    """The renderer can't make a document of this HTML; the same HTML would fail again."""

    code = "rendering_failed"


#: What trying again does not mend, before somebody mends a template or a text.
NEEDS_MENDING = (RenderingFailed, RenderingLimitExceeded, TemplateRejected, DocumentUnreadable, AssetLost)


class DocumentNotReady(Unavailable):
    """The document can't be shown yet: its seller has something to mend. All that a customer is told of that."""

    code = "document_not_ready"
