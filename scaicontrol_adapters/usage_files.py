"""Files of usage events: JSON lines, packed or not, read as a stream that never holds more than a batch."""

from __future__ import annotations

import gzip
import sys
import zlib
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import msgspec
from attrs import frozen

from scaicontrol_core.kernel.errors import Malformed
from scaicontrol_core.metering import Outcome, Reason, ReportedUsage
from scaicontrol_core.metering.outcome import rejected
from scaicontrol_core.metering.reading import read_report

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator, Sequence

#: Where an event of a file names its tenant: by the reference of whoever wrote the file.
TENANT_FIELD = "tenant"
_STDIN = "-"
_GZIP_MAGIC = b"\x1f\x8b"
_MAX_LINE = 64 * 1024
#: A number with a fraction becomes a decimal: 0.1 is 0.1.
_DECODER = msgspec.json.Decoder(Any, float_hook=Decimal)


@frozen
class UsageLines:
    """A batch of a file: its events, the number of the line each stands on, and how far the file is read (bytes)."""

    reports: Sequence[ReportedUsage | Outcome]
    numbers: Sequence[int]
    position: int
    size: int


def read_usage_file(path: str, batch: int) -> Iterator[UsageLines]:
    """Yield a file's events, at most ``batch`` at a time; ``-`` is standard input, gzip is recognised.

    Raises ``Malformed`` (``file_unreadable``, ``malformed_gzip``, ``line_too_long``).
    """
    try:
        with _opened(path) as (raw, size, lines):
            numbered = _events(lines)
            while part := list(islice(numbered, batch)):
                position = raw.tell() if size else 0
                yield UsageLines([each for _, each in part], [number for number, _ in part], position, size)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise Malformed(f"{path} is no whole gzip file.", code="malformed_gzip") from None
    except OSError as error:
        raise Malformed(f"{path}: {error.strerror or error}.", code="file_unreadable") from None


@contextmanager
def _opened(path: str) -> Iterator[tuple[IO[bytes], int, IO[bytes]]]:
    """Yield the file as it is, its size (0 if nobody knows) and its unpacked bytes."""
    if path == _STDIN:
        with _unpacked(cast("io.BufferedReader", sys.stdin.buffer)) as lines:
            yield sys.stdin.buffer, 0, lines
        return
    with Path(path).open("rb") as raw, _unpacked(raw) as lines:
        yield raw, Path(path).stat().st_size, lines


@contextmanager
def _unpacked(raw: io.BufferedReader) -> Iterator[IO[bytes]]:
    # Looked at, not read and put back: a pipe gives each byte once.
    if raw.peek(len(_GZIP_MAGIC)).startswith(_GZIP_MAGIC):
        with gzip.open(raw) as lines:
            yield cast("IO[bytes]", lines)
    else:
        yield raw


def _events(lines: IO[bytes]) -> Iterator[tuple[int, ReportedUsage | Outcome]]:
    number = 0
    while line := lines.readline(_MAX_LINE + 1):
        number += 1
        if len(line) > _MAX_LINE:
            raise Malformed(f"Line {number} is longer than {_MAX_LINE // 1024} KiB.", code="line_too_long")
        if line.strip():
            yield number, _event(line)


def _event(line: bytes) -> ReportedUsage | Outcome:
    try:
        return read_report(_DECODER.decode(line), TENANT_FIELD)
    except (ValueError, RecursionError):
        return rejected(None, Reason.MALFORMED)
