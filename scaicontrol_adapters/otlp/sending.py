"""Sending spans to a collector by OTLP over HTTP: one attempt each, in the thread of the batches."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import httpx
import structlog
from attrs import define, field
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from scaicontrol_adapters.otlp.headers import headers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan

    from scaicontrol_adapters.settings import Settings

TYPE = "application/x-protobuf"
_PATH = "/v1/traces"
SECONDS = 5.0
#: How long headers from the store of secrets serve, and how long a collector that is away is left alone.
_HEADERS_SECONDS = 300.0
_PAUSE_SECONDS = 5.0
_REFUSED = {401, 403}

log = structlog.get_logger("scaicontrol.traces")


def address_of(settings: Settings) -> str:
    """Return where spans are posted: the endpoint may name the collector, or the whole path."""
    endpoint = settings.otlp_endpoint.rstrip("/")
    return endpoint if endpoint.endswith(_PATH) else endpoint + _PATH


@define(eq=False)
class Sender(SpanExporter):
    """Posts batches. What cannot be sent is dropped: no span is worth anybody's waiting."""

    settings: Settings = field(repr=False)
    _client: httpx.Client | None = field(default=None, init=False)
    _headers: dict[str, str] = field(factory=dict, init=False, repr=False)
    _headers_until: float = field(default=0.0, init=False)
    _away_until: float = field(default=0.0, init=False)
    _was_away: bool = field(default=False, init=False)
    _closed: bool = field(default=False, init=False)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Post a batch, once."""
        if self._closed or time.monotonic() < self._away_until:
            return SpanExportResult.FAILURE
        try:
            reason = self._post(encode_spans(spans).SerializeToString())
        except Exception as error:  # noqa: BLE001  # whatever it is, nobody's request shall know
            reason = type(error).__name__
        if not reason:
            if self._was_away:
                log.info("traces_sent_again")
            self._was_away = False
            return SpanExportResult.SUCCESS
        self._away_until = time.monotonic() + _PAUSE_SECONDS
        if not self._was_away and not self._closed:
            log.warning("traces_not_sent", reason=reason)
        self._was_away = True
        return SpanExportResult.FAILURE

    def _post(self, content: bytes) -> str:
        """Return why it was not taken, nothing if it was."""
        if time.monotonic() >= self._headers_until:
            self._headers = asyncio.run(headers_of(self.settings))
            self._headers_until = time.monotonic() + _HEADERS_SECONDS
        if self._client is None:
            # No redirect: the headers are for the collector that the settings name.
            self._client = httpx.Client(timeout=SECONDS, follow_redirects=False)
        with self._client.stream(
            "POST", address_of(self.settings), content=content, headers={**self._headers, "Content-Type": TYPE}
        ) as answer:  # what it has to say is not read
            if answer.status_code in _REFUSED:
                self._headers_until = 0.0  # they may have been changed
            return "" if answer.is_success else str(answer.status_code)

    def shutdown(self) -> None:
        """Send nothing more."""
        self._closed = True
        client, self._client = self._client, None
        if client is not None:
            client.close()
