"""What runs inside a pool's process. Imported there first, so that WeasyPrint is loaded once."""

from __future__ import annotations

import faulthandler
import os
import resource
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import parent_process
from multiprocessing.connection import wait
from typing import Any

from scaicontrol_adapters.mail.composer import compose_mail
from scaicontrol_adapters.pdf.composer import compose_html
from scaicontrol_adapters.pdf.engine import PdfEngine
from scaicontrol_adapters.pdf.limits import RenderingLimits
from scaicontrol_core.documents import RenderedHtml, TemplateSource
from scaicontrol_core.documents.mail_composing import MailOrder, MailTemplateSource, RenderedMail
from scaicontrol_core.documents.ports import NO_PARTS, PdfParts

_GRACE_SECONDS = 10
_WARM_UP = "<p style=\"font-family: 'ScaiControl Sans'\">0123456789</p>"

_limits = RenderingLimits()
_engine: PdfEngine | None = None


def start(limits: RenderingLimits, memory_bytes: int) -> None:
    """Prepare the process: its limits, its fonts, one rendering so that nothing is cold."""
    global _limits, _engine  # noqa: PLW0603 - a worker is a process; this is its state
    # Ctrl-C at a terminal reaches the whole group; the parent decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="end_with_parent", daemon=True).start()
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, resource.getrlimit(resource.RLIMIT_AS)[1]))
    _limits = limits
    _engine = PdfEngine(limits)
    _engine.render(_WARM_UP, "warm-up")


def _end_with_parent() -> None:
    # A parent that was killed tells nobody, and the pool's pipes stay open among its workers: without this they would
    # wait for ever, each with its fonts in memory.
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def write_pdf(html: str, document_key: str, parts: PdfParts = NO_PARTS) -> bytes:
    """Render a snapshot with this process's warm engine."""
    if _engine is None:
        raise RuntimeError("the worker was not started")
    with _watchdog(_limits.pdf_seconds):
        return _engine.render(html, document_key, parts)


def write_html(document: Mapping[str, Any], template: TemplateSource | None, draft: bool) -> RenderedHtml:  # noqa: FBT001
    """Run an operator's template where it can do no harm to the API process."""
    with _watchdog(_limits.template_seconds):
        return compose_html(document, template=template, draft=draft, limits=_limits)


def write_mail(order: MailOrder, template: MailTemplateSource) -> RenderedMail:
    """Run an operator's template of a message likewise."""
    with _watchdog(_limits.template_seconds):
        return compose_mail(order, template=template, limits=_limits)


@contextmanager
def _watchdog(seconds: int) -> Iterator[None]:
    # The alarm of ``deadline`` waits for the next Python instruction; if a C library never
    # returns to one, this ends the process, and the pool replaces it.
    faulthandler.dump_traceback_later(seconds + _GRACE_SECONDS, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
