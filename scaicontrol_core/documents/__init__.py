"""Documents: a frozen invoice becomes something a customer can read, and keeps being that.

A finalised invoice is its frozen document (``scaicontrol_core.billing.frozen_document``). This
feature says what a template may show of it (:class:`InvoiceContext`), in which words
(:class:`Labels`, six languages), where its PDFs are kept (:func:`invoice_pdf_key`), and what it
asks of a renderer and of an object store (the ports). Rendering itself, with Jinja and
WeasyPrint, is in ``scaicontrol_adapters.pdf``.
"""

from __future__ import annotations

from scaicontrol_core.documents.composing import invoice_context
from scaicontrol_core.documents.context import InvoiceContext
from scaicontrol_core.documents.labels import Labels
from scaicontrol_core.documents.object_keys import invoice_pdf_key, require_object_key
from scaicontrol_core.documents.ports import DocumentRenderer, FontVersion, ObjectStore, RenderedHtml, TemplateSource
from scaicontrol_core.documents.wording import labels_for

__all__ = [
    "DocumentRenderer",
    "FontVersion",
    "InvoiceContext",
    "Labels",
    "ObjectStore",
    "RenderedHtml",
    "TemplateSource",
    "invoice_context",
    "invoice_pdf_key",
    "labels_for",
    "require_object_key",
]
