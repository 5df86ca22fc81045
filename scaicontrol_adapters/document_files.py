"""Documents without a database: a frozen document's JSON in, a PDF, HTML or e-invoice out.

    from scaicontrol_adapters.document_files import OutputFormat, read_document, render_document

    pdf = render_document(read_document(json.load(file)), OutputFormat.ZUGFERD)

The same document gives the same bytes, here and wherever else it is rendered by the same programs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaicontrol_adapters.einvoice.writing import XmlEInvoices
from scaicontrol_core.billing.frozen_document import canonical_json
from scaicontrol_core.documents.einvoicing import HYBRIDS, write_complete
from scaicontrol_core.documents.errors import DocumentUnreadable
from scaicontrol_core.documents.ports import PdfParts
from scaicontrol_core.kernel.errors import FieldError
from scaicontrol_core.tenancy.fields import EInvoiceFormat

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

    from scaicontrol_adapters.pdf.engine import PdfEngine

_INSTALLED = Path(__file__).parent / "_schemas" / "document.schema.json"
_CHECKOUT = Path(__file__).parents[1] / "docs" / "reference" / "document.schema.json"
_ERRORS_SHOWN = 50
_MESSAGE_LENGTH = 200


class OutputFormat(StrEnum):
    """What a document can be rendered as: paper, its HTML, and the five e-invoice formats."""

    PDF = "pdf"
    HTML = "html"
    UBL = "ubl"
    XRECHNUNG = "xrechnung"
    CII = "cii"
    ZUGFERD = "zugferd"
    FACTURX = "facturx"

    @property
    def einvoice(self) -> EInvoiceFormat | None:
        """The e-invoice format of that name, None for PDF and HTML."""
        return EInvoiceFormat(self.value) if self.value in set(EInvoiceFormat) else None

    @property
    def extension(self) -> str:
        """How the name of such a file ends, without the dot."""
        if self is OutputFormat.HTML:
            return "html"
        return "xml" if self.einvoice not in {None, *HYBRIDS} else "pdf"


def read_document(value: Any) -> dict[str, Any]:
    """Return a JSON value that is a document of the published schema, ``scaicontrol.document/1``.

    Raises ``DocumentUnreadable`` with a JSON pointer for everything that is wrong.
    """
    # One word on each field is enough, even if it breaks two rules.
    errors = list({error.pointer: error for error in reversed(list(_schema_errors(value)))}.values())[::-1]
    if errors:
        count = len(errors)
        raise DocumentUnreadable(
            f"This is no scaicontrol.document/1: {count} field{'s are' if count > 1 else ' is'} wrong.",
            fields=errors[:_ERRORS_SHOWN],
            hint="docs/reference/document.schema.json describes every field.",
        )
    document: dict[str, Any] = value
    return document


def render_document(document: Mapping[str, Any], output: OutputFormat) -> bytes:
    """Render a document as ``read_document`` returns it.

    The first PDF of a process takes a second longer, for fonts and layout engine. Raises
    ``EInvoiceIncomplete`` with the rules that the document would break, and ``RenderingFailed``.
    """
    wanted = output.einvoice
    einvoice = None if wanted is None else write_complete(document, wanted, XmlEInvoices())
    if einvoice is not None and einvoice.attachment is None:
        return einvoice.xml
    from scaicontrol_adapters.pdf.composer import compose_html  # noqa: PLC0415 - Jinja and CLDR only where used

    html = compose_html(document).html
    if output is OutputFormat.HTML:
        return html.encode("utf-8", "xmlcharrefreplace")
    key = f"documents/{hashlib.sha256(canonical_json(document).encode('utf-8', 'backslashreplace')).hexdigest()}"
    return _engine().render(html, key, PdfParts(einvoice=einvoice.attachment if einvoice else None))


@cache
def _engine() -> PdfEngine:
    from scaicontrol_adapters.pdf.engine import PdfEngine  # noqa: PLC0415 - WeasyPrint takes a second

    return PdfEngine()


def _schema_errors(value: Any) -> Iterator[FieldError]:
    for error in sorted(_validator().iter_errors(value), key=lambda error: [str(step) for step in error.absolute_path]):
        yield from _field_errors(error)


def _field_errors(error: ValidationError) -> Iterator[FieldError]:
    pointer = "".join(f"/{step}" for step in error.absolute_path)
    match error.validator:
        case "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            named = next((name for name in missing if repr(name) in error.message), "")
            yield FieldError(f"{pointer}/{named}", "This field is missing.")
        case "additionalProperties":
            known = error.schema.get("properties", {})
            for name in sorted(set(error.instance) - set(known)):
                yield FieldError(f"{pointer}/{name}", "There is no such field.")
        case "oneOf" | "anyOf" if error.context:
            # What null does not match says nothing; the other branch says what is wrong.
            telling = [each for each in error.context if each.validator_value != "null"] or [error.context[0]]
            for each in telling:
                yield from _field_errors(each)
        case _:
            yield FieldError(pointer, error.message[:_MESSAGE_LENGTH])


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - only where a file is read
    from jsonschema.validators import extend  # noqa: PLC0415

    schema = json.loads(next(path for path in (_INSTALLED, _CHECKOUT) if path.is_file()).read_text("utf-8"))
    # 199.0 is an integer to JSON Schema; to us it is somebody's float.
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    strict = extend(Draft202012Validator, type_checker=types)
    return strict(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
