"""Traces, as the rest of the product speaks of them: spans of requests, use cases, statements, jobs and calls.

Without an endpoint there are none: nothing of OpenTelemetry is loaded, and each hook asks one question.
What spans say is names, numbers and codes of ours; never a value of a query, a body, a token or a name.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from enum import Enum
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

import structlog

from scaicontrol_core.kernel.errors import ErrorKind, ScaiControlError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, MutableMapping
    from contextlib import AbstractContextManager

    from scaicontrol_adapters.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")
HEADER = "traceparent"
#: What the log calls the trace that a line belongs to.
TRACE_ID = "trace_id"
#: What is not the caller's doing: only these make a use case or a job a failed one.
_FAULTS = {ErrorKind.UNAVAILABLE, ErrorKind.RETRYABLE}


class Kind(Enum):
    """Which side of a call a span is."""

    SERVER = "server"
    CLIENT = "client"
    JOB = "consumer"
    INTERNAL = "internal"


class Span(Protocol):
    """Something that takes its time."""

    def name(self, name: str) -> None:
        """Call it otherwise."""
        ...

    def tell(self, **attributes: str | int) -> None:
        """Add attributes; a double underscore in a name stands for a dot."""
        ...

    def note(self, event: str, **attributes: str | int) -> None:
        """Add an event of this moment."""
        ...

    def fail(self, why: str) -> None:
        """Mark it as failed, by a code or the name of a class, never by a message."""
        ...

    def end(self) -> None:
        """It is over."""
        ...


class Tracing(Protocol):
    """The traces of one process."""

    def current(self, name: str, kind: Kind, parent: str = "") -> AbstractContextManager[Span]:
        """Open a span that everything within the block belongs to; ``parent`` is a ``traceparent`` from outside."""
        ...

    def started(self, name: str, kind: Kind) -> Span | None:
        """Start a span of the current one, to be ended by ``end``; None where nothing is recorded."""
        ...

    def within(self) -> Span:
        """Return the current span."""
        ...

    def parent(self) -> str:
        """Return the current span as a ``traceparent`` for others, ``""`` if there is none."""
        ...

    async def close(self) -> None:
        """Send what waits, within a few seconds, and drop the rest."""
        ...


class NoSpan:
    """A span where there are none."""

    def name(self, name: str) -> None:
        """It has none."""

    def tell(self, **_: str | int) -> None:
        """Nobody listens."""

    def note(self, event: str, **_: str | int) -> None:
        """Nobody listens."""

    def fail(self, why: str) -> None:
        """Nobody listens."""

    def end(self) -> None:
        """It never began."""


NO_SPAN = NoSpan()
#: The traces of whatever is under way here, so that those who call other servers need not be given them.
_ACTIVE: ContextVar[Tracing | None] = ContextVar("scaicontrol_tracing", default=None)


def tracing_of(settings: Settings) -> Tracing | None:
    """Return the traces that the settings ask for: None without an endpoint, and then nothing is loaded."""
    if not settings.otlp_endpoint:
        return None
    from scaicontrol_adapters.otlp.tracing import OtlpTracing  # noqa: PLC0415  # only who traces pays for it

    return OtlpTracing.of(settings)


@contextmanager
def _opened(tracing: Tracing, name: str, kind: Kind, parent: str = "") -> Iterator[Span]:
    token = _ACTIVE.set(tracing)
    try:
        with tracing.current(name, kind, parent) as span:
            try:
                yield span
            except Exception as error:
                _blame(span, error)
                raise
    finally:
        _ACTIVE.reset(token)


def _blame(span: Span, error: Exception) -> None:
    if not isinstance(error, ScaiControlError):
        span.fail(type(error).__name__)
        return
    span.tell(scaicontrol__code=error.code)
    if error.kind in _FAULTS:
        span.fail(error.code)


def of_request(tracing: Tracing | None, method: str, parent: str) -> AbstractContextManager[Span]:
    """Open the span of a request; ``parent`` is the caller's ``traceparent``. The log's lines get its trace."""
    if tracing is None:
        return nullcontext(NO_SPAN)
    return _rooted(tracing, method, Kind.SERVER, parent)


def of_job(tracing: Tracing | None, name: str) -> AbstractContextManager[Span]:
    """Open the span of one slice of a job. The log's lines get its trace, those about its failure too."""
    if tracing is None:
        return nullcontext(NO_SPAN)
    return _rooted(tracing, f"job {name}", Kind.JOB)


@contextmanager
def _rooted(tracing: Tracing, name: str, kind: Kind, parent: str = "") -> Iterator[Span]:
    with _opened(tracing, name, kind, parent) as span:
        # It stays bound behind the block: what is logged about the outcome belongs to it as well.
        structlog.contextvars.bind_contextvars(**{TRACE_ID: tracing.parent().split("-")[1]})
        yield span


def traced(tracing: Tracing, name: str, use_case: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Wrap a use case in a span of its name, where it is part of something: by itself it makes no trace."""

    @wraps(use_case)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if _ACTIVE.get() is None:
            return await use_case(*args, **kwargs)
        with _opened(tracing, name, Kind.INTERNAL):
            return await use_case(*args, **kwargs)

    return call


def note_retry(attempt: int, reason: str) -> None:
    """Note on the current span that an attempt was given up and is made again."""
    tracing = _ACTIVE.get()
    if tracing is not None:
        tracing.within().note("retry", attempt=attempt, reason=reason)


@contextmanager
def calling(service: str, method: str, headers: MutableMapping[str, str] | None = None) -> Iterator[Span]:
    """Open the span of a call to another server. ``headers`` get its ``traceparent``: for services of ours alone."""
    tracing = _ACTIVE.get()
    if tracing is None:
        yield NO_SPAN
        return
    with _opened(tracing, f"{method} {service}", Kind.CLIENT) as span:
        span.tell(http__request__method=method, peer__service=service)
        if headers is not None:
            headers[HEADER] = tracing.parent()
        yield span


def answered(span: Span, status: int) -> None:
    """Tell what another server answered."""
    span.tell(http__response__status_code=status)
    if status >= 400:  # noqa: PLR2004  # to a client both sorts of refusal are failures
        span.fail(str(status))


def attribute_names(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return attributes under the names that others know."""
    return {name.replace("__", "."): value for name, value in attributes.items()}
