"""From a frozen document to the complete HTML that is kept as its snapshot."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any, TypeAlias

import attrs
from jinja2 import Template, TemplateError, TemplateSyntaxError

from scaicontrol_adapters.pdf.fonts import brand_font_css, font_face_css, font_files
from scaicontrol_adapters.pdf.limits import RenderingLimits, deadline
from scaicontrol_adapters.pdf.sandbox import TemplateSandbox, built_in_file, environment
from scaicontrol_adapters.pdf.versions import renderer_version
from scaicontrol_core.documents import InvoiceContext, RenderedHtml, TemplateSource, invoice_context
from scaicontrol_core.documents.branding import Branding
from scaicontrol_core.documents.commissions_context import CommissionsContext, commissions_context
from scaicontrol_core.documents.errors import RenderingLimitExceeded, TemplateRejected
from scaicontrol_core.documents.page_format import PageFormat, page_format_of
from scaicontrol_core.documents.statement_context import StatementContext, statement_context

Context: TypeAlias = InvoiceContext | StatementContext | CommissionsContext
#: Document type → its own template; what is neither of these reads like an invoice.
_BUILT_IN = {name: name for name in ("credit_note", "statement", "commission_statement")}
_PAGE_CSS = {PageFormat.LETTER: "letter.css", PageFormat.A5: "a5.css"}
STYLE_OPEN, STYLE_CLOSE = '<style id="document-style">', "</style>"


def compose_html(
    document: Mapping[str, Any],
    *,
    template: TemplateSource | None = None,
    draft: bool = False,
    limits: RenderingLimits | None = None,
    page_format: PageFormat | None = None,
) -> RenderedHtml:
    """Write a frozen document, or a statement of account, as HTML, in the language it names.

    Without a page format it is the template's, else the one of the seller's country. Pure computation
    of a few milliseconds with the built-in template; an operator's template is stopped at the limits.
    Raises ``DocumentUnreadable``, ``TemplateRejected``, ``RenderingLimitExceeded``.
    """
    context = _context(document, draft=draft)
    sandbox = environment(context.document.language)
    limits = limits or RenderingLimits()
    built_in = _BUILT_IN.get(document["document_type"], "invoice")
    wanted = page_format or (template.page_format if template else None)
    sheet = wanted or page_format_of(context.seller.country_code)
    name, css = _style(built_in, sheet) if template is None else (template.name, _on(sheet, template.css))
    if "</style" in css.lower():
        raise TemplateRejected(name, "a stylesheet may not close the style element")
    with deadline(limits.template_seconds, f"The template {name}") if template else nullcontext():
        body = _write(_body_template(sandbox, template, built_in), name, _variables(context), limits.html_characters)
    html = sandbox.get_template("shell.html").render(
        **_variables(context),
        body=body,
        css=_with_fonts(css, context.branding, own=template is None),
        style_open=STYLE_OPEN,
        style_close=STYLE_CLOSE,
    )
    return RenderedHtml(html, renderer_version(), tuple(font.version for font in font_files()), name)


def _context(document: Mapping[str, Any], *, draft: bool) -> Context:
    if document.get("document_type") == "commission_statement":
        return commissions_context(document)
    if document.get("document_type") == "statement":
        return statement_context(document)
    return invoice_context(document, draft=draft)


def _style(built_in: str, sheet: PageFormat) -> tuple[str, str]:
    extra = _PAGE_CSS.get(sheet)
    css = built_in_file("document.css")
    return f"built-in/{built_in}", f"{css}\n{built_in_file(extra)}" if extra else css


def _with_fonts(css: str, branding: Branding, *, own: bool) -> str:
    """Begin with the fonts; the brand's rules our own stylesheet, and an operator's has the last word."""
    brand = brand_font_css(branding)
    return "\n".join((font_face_css(), css, brand) if own else (font_face_css(), brand, css))


def _on(sheet: PageFormat, css: str) -> str:
    """Begin with the sheet, so that a stylesheet that names one itself has its way."""
    return f"@page {{ size: {sheet.value}; }}\n{css}"


def _variables(context: Context) -> dict[str, Any]:
    return {attribute.name: getattr(context, attribute.name) for attribute in attrs.fields(type(context))}


def _body_template(sandbox: TemplateSandbox, template: TemplateSource | None, built_in: str) -> Template:
    if template is None:
        return sandbox.get_template(f"{built_in}.html")
    try:
        return sandbox.from_string(template.html)
    except TemplateSyntaxError as wrong:
        raise TemplateRejected(template.name, str(wrong.message), wrong.lineno) from None
    except (RecursionError, SyntaxError, MemoryError):  # of Python's own compiler
        raise TemplateRejected(template.name, "it is nested too deeply") from None


def _write(template: Template, name: str, variables: Mapping[str, Any], limit: int) -> str:
    try:
        pieces = list(_at_most(limit, template.generate(**variables)))
    except TemplateError as wrong:
        raise TemplateRejected(name, str(wrong.message), _line_of(wrong)) from None
    except Exception as wrong:  # noqa: BLE001 - whatever a template's expressions raise is the template's fault
        raise TemplateRejected(name, f"{type(wrong).__name__}: {wrong}", _line_of(wrong)) from None
    written = "".join(pieces)
    if len(written) > limit:
        raise RenderingLimitExceeded(f"The template {name} wrote more than {limit} characters.")
    return written


def _at_most(limit: int, pieces: Iterable[str]) -> Iterator[str]:
    """Stop with the piece that goes beyond the limit."""
    written = 0
    for piece in pieces:
        yield piece
        written += len(piece)
        if written > limit:
            return


def _line_of(wrong: BaseException) -> int | None:
    # Jinja gives its compiled code the template's own line numbers, under this file name.
    lines = [frame.lineno for frame in traceback.extract_tb(wrong.__traceback__) if frame.filename == "<template>"]
    return lines[-1] if lines else None
