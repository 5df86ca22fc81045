"""Pages of rows that lie in memory, with the same promises as a database's keyset paging."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.paging import Page, PageRequest, decode_cursor, encode_cursor

T = TypeVar("T")
#: What a row is sorted by: texts that compare as the values do, the last one telling rows apart.
SortKey = Callable[[T], tuple[str, ...]]


def sortable(value: datetime | int | str) -> str:
    """Write a value so that texts compare as the values do."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return f"{value:020d}" if isinstance(value, int) else value


def paged(rows: Iterable[T], request: PageRequest, sorts: Mapping[str, SortKey[T]], default: str) -> Page[T]:
    """Return the part of the rows that the request wants; ``Invalid`` for an unknown sort."""
    wanted = request.sort or default
    key = sorts.get(wanted.removeprefix("-"))
    if key is None:
        raise Invalid.field("/sort", f"Sort by one of {', '.join(sorts)}.", code="sort_unknown")
    backward = wanted.startswith("-")
    ordered = sorted(rows, key=key, reverse=backward)
    rest = ordered
    if request.cursor is not None and ordered:
        last = decode_cursor(request.cursor, len(key(ordered[0])))
        rest = [row for row in ordered if (key(row) < last if backward else key(row) > last)]
    shown = rest[request.offset : request.offset + request.limit]
    more = len(rest) > request.offset + len(shown)
    return Page(tuple(shown), len(ordered), encode_cursor(*key(shown[-1])) if shown and more else None)
