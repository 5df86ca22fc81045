"""Limits a template runs under: time, output and the size of what it multiplies."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from attrs import frozen

from scaicontrol_core.documents.errors import RenderingLimitExceeded


@frozen
class RenderingLimits:
    """Seconds a template and a PDF may take, and characters a template may write: a page, and a message.

    Generous on purpose: they stop what would never end, on a slow machine too.
    """

    template_seconds: int = 10
    pdf_seconds: int = 120
    html_characters: int = 20_000_000
    mail_characters: int = 2_000_000


#: Seconds until the alarm rings once more: an exception that is raised within a C library's callback or a
#: finalizer goes nowhere, and what should have been stopped would run on.
_RING_AGAIN = 0.5


class _Overrun(BaseException):
    """The alarm rang. Not an ``Exception``: neither Jinja nor WeasyPrint may swallow it."""


@contextmanager
def deadline(seconds: int, what: str) -> Iterator[None]:
    """Stop the block after so many seconds with ``RenderingLimitExceeded``.

    An alarm signal, so it only guards a process's main thread, which is where the pool's workers
    run; elsewhere the block runs unguarded.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _RING_AGAIN)
    try:
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _Overrun:
        raise RenderingLimitExceeded(f"{what} took more than {seconds} seconds.") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise _Overrun
