"""A collector of traces that speaks OTLP over real HTTP, as OpenTelemetry's own does; and how it may fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from attrs import define, field, frozen
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_OK, _ERROR = 1, 2


@frozen
class Received:
    """One span as the collector got it."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: Mapping[str, Any]
    events: tuple[tuple[str, Mapping[str, Any]], ...]
    failed: bool


@define
class Collector:
    """Where it is, what it got, and how it feels: ``status`` is its answer, ``delay`` the seconds it takes."""

    url: str = ""
    status: int = 200
    delay: float = 0.0
    spans: list[Received] = field(factory=list)
    resources: list[Mapping[str, Any]] = field(factory=list)
    headers: list[Mapping[str, str]] = field(factory=list)
    paths: list[str] = field(factory=list)
    raw: list[bytes] = field(factory=list)

    def named(self, name: str) -> Received:
        """Return the one span of that name."""
        (found,) = [each for each in self.spans if each.name == name]
        return found

    def below(self, span: Received) -> list[Received]:
        """Return a span's children, in order."""
        return [each for each in self.spans if each.parent_id == span.span_id]

    def take(self, content: bytes) -> None:
        """Read what was posted."""
        self.raw.append(content)
        for resource in ExportTraceServiceRequest.FromString(content).resource_spans:
            self.resources.append(_values(resource.resource.attributes))
            self.spans += [_received(span) for scope in resource.scope_spans for span in scope.spans]


def _received(span: Any) -> Received:
    return Received(
        name=span.name,
        kind=type(span).SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        attributes=_values(span.attributes),
        events=tuple((event.name, _values(event.attributes)) for event in span.events),
        failed=span.status.code == _ERROR,
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    """Serve on a free loopback port until the block is left."""
    collector = Collector()

    class Taker(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # the name http.server calls
            content = self.rfile.read(int(self.headers["Content-Length"]))
            collector.paths.append(self.path)
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            if collector.delay:
                time.sleep(collector.delay)  # it is slow
            if collector.status < 300:
                collector.take(content)
            self.send_response(collector.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
