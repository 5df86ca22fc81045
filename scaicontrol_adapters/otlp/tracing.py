"""Spans by OpenTelemetry, handed to a sender that never makes anybody wait."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Self

from attrs import frozen
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from scaicontrol_adapters.otlp.sending import Sender
from scaicontrol_adapters.tracing import HEADER, Kind, attribute_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.trace.export import SpanExporter

    from scaicontrol_adapters.settings import Settings

SERVICE = "scaicontrol"
#: Most spans that wait to be sent; the oldest are dropped beyond it.
MOST_WAITING = 4096
_TOGETHER = 512
_EVERY_MILLISECONDS = 1000
#: Longest that the end of a process waits for its last spans.
LAST_SECONDS = 3.0
_LONGEST_VALUE = 4096
_KINDS = {
    Kind.SERVER: SpanKind.SERVER,
    Kind.CLIENT: SpanKind.CLIENT,
    Kind.JOB: SpanKind.CONSUMER,
    Kind.INTERNAL: SpanKind.INTERNAL,
}
_w3c = TraceContextTextMapPropagator()


@frozen
class OtlpSpan:
    """A span of OpenTelemetry's."""

    span: trace.Span

    def name(self, name: str) -> None:
        """Call it otherwise."""
        self.span.update_name(name)

    def tell(self, **attributes: str | int) -> None:
        """Add attributes."""
        if self.span.is_recording():
            self.span.set_attributes(attribute_names(attributes))

    def note(self, event: str, **attributes: str | int) -> None:
        """Add an event."""
        if self.span.is_recording():
            self.span.add_event(event, attribute_names(attributes))

    def fail(self, why: str) -> None:
        """Mark it as failed."""
        self.span.set_attribute("error.type", why)
        self.span.set_status(Status(StatusCode.ERROR))

    def end(self) -> None:
        """It is over."""
        self.span.end()


@frozen(eq=False)
class OtlpTracing:
    """The traces of one process (``Tracing``)."""

    tracer: trace.Tracer
    processor: BatchSpanProcessor
    exporter: SpanExporter

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return what sends to the settings' endpoint; nothing connects before there is something to send."""
        return cls.over(Sender(settings), settings.otlp_sample_ratio, settings.env.value)

    @classmethod
    def over(cls, exporter: SpanExporter, ratio: float, environment: str) -> Self:
        """Return what hands its spans to an exporter."""
        processor = BatchSpanProcessor(
            exporter,
            max_queue_size=MOST_WAITING,
            max_export_batch_size=_TOGETHER,
            schedule_delay_millis=_EVERY_MILLISECONDS,
        )
        own = TraceIdRatioBased(ratio)
        provider = TracerProvider(
            # A caller may ask that its trace is left out, and cannot ask for more than our share of them.
            sampler=ParentBased(own, remote_parent_sampled=own, remote_parent_not_sampled=ALWAYS_OFF),
            # Nothing of the machine or of the command line, and nothing from the environment.
            resource=Resource(
                {
                    "service.name": SERVICE,
                    "service.version": version("scaicontrol"),
                    "deployment.environment.name": environment,
                }
            ),
            span_limits=SpanLimits(max_attribute_length=_LONGEST_VALUE),
            # Whoever opened it closes it, within a bound; the interpreter's end has none.
            shutdown_on_exit=False,
        )
        provider.add_span_processor(processor)
        return cls(provider.get_tracer(SERVICE), processor, exporter)

    @contextmanager
    def current(self, name: str, kind: Kind, parent: str = "") -> Iterator[OtlpSpan]:
        """Open a span that everything within the block belongs to."""
        # The caller's tracestate is left aside: it may say anything, and would be passed on.
        context = _w3c.extract({HEADER: parent}) if parent else None
        with self.tracer.start_as_current_span(
            name, context, _KINDS[kind], record_exception=False, set_status_on_exception=False
        ) as span:
            yield OtlpSpan(span)

    def started(self, name: str, kind: Kind) -> OtlpSpan | None:
        """Start a span of the current one."""
        if not trace.get_current_span().is_recording():
            return None
        return OtlpSpan(self.tracer.start_span(name, kind=_KINDS[kind]))

    def within(self) -> OtlpSpan:
        """Return the current span."""
        return OtlpSpan(trace.get_current_span())

    def parent(self) -> str:
        """Return the current span as a ``traceparent``."""
        carrier: dict[str, str] = {}
        _w3c.inject(carrier)
        return carrier.get(HEADER, "")

    async def close(self) -> None:
        """Send what waits, for a few seconds at most."""
        over, loop = asyncio.Event(), asyncio.get_running_loop()

        def end() -> None:
            self.processor.shutdown()  # type: ignore[no-untyped-call]  # the library says nothing about it
            if not loop.is_closed():
                loop.call_soon_threadsafe(over.set)

        # Not the loop's own threads: their end would be waited for.
        threading.Thread(target=end, name="last-spans", daemon=True).start()
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await over.wait()
        except TimeoutError:
            # What is under way is given up, and nothing is said about it any more.
            self.exporter.shutdown()
