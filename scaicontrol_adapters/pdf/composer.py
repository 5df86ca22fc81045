"""From a frozen document to the complete HTML that is kept as its snapshot."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any

import attrs
from jinja2 import Template, TemplateError, TemplateSyntaxError

from scaicontrol_adapters.pdf.fonts import font_face_css, font_files
from scaicontrol_adapters.pdf.limits import RenderingLimits, deadline
from scaicontrol_adapters.pdf.sandbox import TemplateSandbox, built_in_file, environment
from scaicontrol_adapters.pdf.versions import renderer_version
from scaicontrol_core.documents import InvoiceContext, RenderedHtml, TemplateSource, invoice_context
from scaicontrol_core.documents.errors import RenderingLimitExceeded, TemplateRejected

BUILT_IN = "built-in/invoice"
STYLE_OPEN, STYLE_CLOSE = '<style id="document-style">', "</style>"


def compose_html(
    document: Mapping[str, Any],
    *,
    template: TemplateSource | None = None,
    draft: bool = False,
    limits: RenderingLimits | None = None,
) -> RenderedHtml:
    """Write a frozen document as HTML, in the language it names.

    Pure computation of a few milliseconds with the built-in template; an operator's template is
    stopped at the limits. Raises ``DocumentUnreadable``, ``TemplateRejected``,
    ``RenderingLimitExceeded``.
    """
    context = invoice_context(document, draft=draft)
    sandbox = environment(context.document.language)
    limits = limits or RenderingLimits()
    name, css = (BUILT_IN, built_in_file("invoice.css")) if template is None else (template.name, template.css)
    if "</style" in css.lower():
        raise TemplateRejected(name, "a stylesheet may not close the style element")
    with deadline(limits.template_seconds, f"The template {name}") if template else nullcontext():
        body = _write(_body_template(sandbox, template), name, _variables(context), limits.html_characters)
    html = sandbox.get_template("shell.html").render(
        **_variables(context),
        body=body,
        css=f"{font_face_css()}\n{css}",
        style_open=STYLE_OPEN,
        style_close=STYLE_CLOSE,
    )
    return RenderedHtml(html, renderer_version(), tuple(font.version for font in font_files()), name)


def _variables(context: InvoiceContext) -> dict[str, Any]:
    return {attribute.name: getattr(context, attribute.name) for attribute in attrs.fields(InvoiceContext)}


def _body_template(sandbox: TemplateSandbox, template: TemplateSource | None) -> Template:
    if template is None:
        return sandbox.get_template("invoice.html")
    try:
        return sandbox.from_string(template.html)
    except TemplateSyntaxError as wrong:
        raise TemplateRejected(template.name, str(wrong.message), wrong.lineno) from None


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
