"""A pool of renderer processes, so that the API process never loads nor waits for WeasyPrint."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from attrs import define, field

from scaicontrol_adapters.pdf.limits import RenderingLimits
from scaicontrol_core.documents import RenderedHtml, TemplateSource
from scaicontrol_core.documents.errors import RenderingUnavailable
from scaicontrol_core.documents.mail_composing import MailOrder, MailTemplateSource, RenderedMail
from scaicontrol_core.documents.ports import NO_PARTS, PdfParts

P = ParamSpec("P")
R = TypeVar("R")

_WORKER = "scaicontrol_adapters.pdf.worker"


@define
class PooledRenderer:
    """A ``DocumentRenderer`` over ``workers`` processes.

    The processes start with the first PDF. A worker that dies (killed, out of memory) breaks its
    whole pool: a new one is made and what was under way is tried once more. Close it, or use it
    as ``async with``.
    """

    workers: int = 2
    limits: RenderingLimits = field(factory=RenderingLimits)
    memory_bytes: int = 2 * 1024**3
    _pool: ProcessPoolExecutor | None = field(init=False, default=None)
    _closed: bool = field(init=False, default=False)

    async def render_html(
        self, document: Mapping[str, Any], *, template: TemplateSource | None = None, draft: bool = False
    ) -> RenderedHtml:
        """Write the document as HTML: our own template here, in milliseconds; an operator's in a worker."""
        if template is None:
            from scaicontrol_adapters.pdf.composer import compose_html  # noqa: PLC0415 - Jinja and CLDR only where used

            return compose_html(document, draft=draft, limits=self.limits)
        return await self._run(_write_html, document, template, draft)

    async def render_pdf(self, html: str, document_key: str, parts: PdfParts = NO_PARTS) -> bytes:
        """Make the PDF in a worker; see the port."""
        return await self._run(_write_pdf, html, document_key, parts)

    async def render_mail(self, order: MailOrder, template: MailTemplateSource) -> RenderedMail:
        """Write a message with an operator's template, in a worker."""
        return await self._run(_write_mail, order, template)

    @property
    def closed(self) -> bool:
        """Tell whether nothing is rendered any more."""
        return self._closed

    async def close(self) -> None:
        """End the processes; renderings not yet begun are dropped with ``RenderingUnavailable``."""
        self._closed = True
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)

    async def __aenter__(self) -> Self:
        """Nothing starts before the first PDF."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await self.close()

    async def _run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in (1, 2):
            pool = self._open_pool()
            try:
                return await asyncio.wrap_future(pool.submit(function, *args, **kwargs))
            except BrokenProcessPool as dead:
                self._discard(pool)
                if attempt == 2:  # noqa: PLR2004 - the second of two
                    raise RenderingUnavailable("The renderer died twice on this document.") from dead
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if self._closed and not (task and task.cancelling()):  # dropped by close, not by our caller
                    raise RenderingUnavailable("The renderer was closed.") from None
                raise
        raise AssertionError("unreachable")

    def _open_pool(self) -> ProcessPoolExecutor:
        if self._closed:
            raise RenderingUnavailable("The renderer is closed.")
        if self._pool is None:
            # Neither threads nor locks of the API process come along, and WeasyPrint is imported
            # once, in the fork server, whose children start warm and share its memory.
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload([_WORKER])
            self._pool = ProcessPoolExecutor(
                self.workers, mp_context=context, initializer=_start, initargs=(self.limits, self.memory_bytes)
            )
        return self._pool

    def _discard(self, pool: ProcessPoolExecutor) -> None:
        if self._pool is pool:
            self._pool = None
        pool.shutdown(wait=False)


# The worker's functions by another name: naming them here must not import them here.


def _start(limits: RenderingLimits, memory_bytes: int) -> None:
    from scaicontrol_adapters.pdf import worker  # noqa: PLC0415

    worker.start(limits, memory_bytes)


def _write_pdf(html: str, document_key: str, parts: PdfParts) -> bytes:
    from scaicontrol_adapters.pdf import worker  # noqa: PLC0415

    return worker.write_pdf(html, document_key, parts)


def _write_html(document: Mapping[str, Any], template: TemplateSource | None, draft: bool) -> RenderedHtml:  # noqa: FBT001
    from scaicontrol_adapters.pdf import worker  # noqa: PLC0415

    return worker.write_html(document, template, draft)


def _write_mail(order: MailOrder, template: MailTemplateSource) -> RenderedMail:
    from scaicontrol_adapters.pdf import worker  # noqa: PLC0415

    return worker.write_mail(order, template)
