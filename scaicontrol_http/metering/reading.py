"""Bodies of usage: one event or many, JSON or JSON lines, our own form or CloudEvents, packed or not."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from litestar.exceptions import HTTPException

from scaicontrol_core.kernel.errors import Malformed
from scaicontrol_core.metering import Outcome, Reason, ReportedUsage
from scaicontrol_core.metering.cloud_events import is_cloud_event, read_cloud_event
from scaicontrol_core.metering.errors import BatchTooLarge
from scaicontrol_core.metering.outcome import rejected
from scaicontrol_core.metering.reading import read_report
from scaicontrol_core.metering.use_cases.ingest_usage import MAX_BATCH
from scaicontrol_http.bodies import UnsupportedMediaType

#: Most bytes of a body, as it comes and unpacked.
MAX_BYTES = 16 * 1024 * 1024
JSON, LINES = "application/json", "application/x-ndjson"
CLOUD_EVENT, CLOUD_BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
MEDIA_TYPES = (JSON, LINES, CLOUD_EVENT, CLOUD_BATCH)
_GZIP = 31  # zlib's number for "a gzip header, nothing else"
#: A number with a fraction becomes a decimal: 0.1 is 0.1.
_DECODER = msgspec.json.Decoder(Any, float_hook=Decimal)

Reports = Sequence[ReportedUsage | Outcome]


def read_events(body: bytes, media_type: str, encoding: str) -> Reports:
    """Return the events of a body in their order.

    Raises ``UnsupportedMediaType``, ``Malformed`` (``malformed_json``, ``malformed_gzip``),
    ``BatchTooLarge``, and 413 for what unpacks to more than 16 MiB.
    """
    kind = media_type.strip().lower() or JSON
    if kind not in MEDIA_TYPES:
        raise UnsupportedMediaType(f"The body must be one of {', '.join(MEDIA_TYPES)}.")
    plain = unpacked(body, encoding.strip().lower())
    if kind == LINES:
        lines = [line for line in plain.split(b"\n") if line.strip()]
        _check_number(len(lines))
        return [_read_line(line) for line in lines]
    found = _json(plain)
    events = found if isinstance(found, list) else [found]
    _check_number(len(events))
    if kind == JSON:
        return [_read(event) for event in events]
    return [read_cloud_event(event) for event in events]


def unpacked(body: bytes, encoding: str) -> bytes:
    """Return the body as it was before it was packed, never more than the limit: a bomb ends there."""
    if encoding in {"", "identity"}:
        return body
    if encoding != "gzip":
        raise UnsupportedMediaType("The body may be packed with gzip, and with nothing else.")
    plain, rest = b"", body
    try:
        while rest:  # a gzip file may have several members
            inflating = zlib.decompressobj(wbits=_GZIP)
            plain += inflating.decompress(rest, MAX_BYTES + 1 - len(plain))
            if len(plain) > MAX_BYTES:
                raise HTTPException(status_code=413)
            if not inflating.eof:
                raise Malformed("The gzip breaks off.", code="malformed_gzip")
            rest = inflating.unused_data
    except zlib.error as wrong:
        raise Malformed("The body is not gzip.", code="malformed_gzip") from wrong
    return plain


def _json(body: bytes) -> Any:
    try:
        return _DECODER.decode(body)
    except (ValueError, RecursionError) as wrong:
        raise Malformed("The body cannot be read as JSON.", code="malformed_json") from wrong


def _read_line(line: bytes) -> ReportedUsage | Outcome:
    try:
        return _read(_DECODER.decode(line))
    except (ValueError, RecursionError):
        return rejected(None, Reason.MALFORMED)


def _read(event: object) -> ReportedUsage | Outcome:
    return read_cloud_event(event) if is_cloud_event(event) else read_report(event)


def _check_number(events: int) -> None:
    if events > MAX_BATCH:
        raise BatchTooLarge(MAX_BATCH)
