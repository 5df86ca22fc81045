"""Paging: keyset cursors that stay stable under inserts, and numbered pages for people.

One rule for every list, wherever its rows lie: ``Sorting`` says what a list can be sorted by,
``Sorting.walk`` what a request asks of it, and only a cursor of the same walk goes on with it.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from hashlib import blake2s
from typing import Any, Generic, TypeVar, cast

from attrs import fields, frozen

from scaicontrol_core.kernel.errors import Invalid

T = TypeVar("T")
#: What a row is sorted by: texts that compare as the values do, the last one telling rows apart.
SortKey = Callable[[T], tuple[str, ...]]
MAX_LIMIT = 200
DEFAULT_LIMIT = 50
#: Beyond it nobody turns pages; a database could not even count that far.
MAX_PAGE = 1_000_000
_SEPARATOR = "\x1f"
_MARK_BYTES = 6
_TOTAL = re.compile(r"[0-9]{1,15}")


@frozen
class PageRequest:
    """Which part of a list is wanted: after a cursor, or page ``page`` (from 1) of that size.

    ``sort`` names a column, with ``-`` before it for descending. Raises ``Invalid`` for a
    limit outside 1…200 or a page outside 1…1,000,000.
    """

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    page: int | None = None
    sort: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse what would read too much or nothing."""
        if not 1 <= self.limit <= MAX_LIMIT:
            raise Invalid.field("/limit", f"The limit lies between 1 and {MAX_LIMIT}.", code="limit_invalid")
        if self.page is not None and not 1 <= self.page <= MAX_PAGE:
            raise Invalid.field("/page", f"Pages are counted from 1 to {MAX_PAGE}.", code="page_invalid")

    @property
    def offset(self) -> int:
        """Rows to skip when pages are numbered."""
        return (self.page - 1) * self.limit if self.page else 0


@frozen
class Page(Generic[T]):
    """One part of a list, how many there are in all, and where the next part begins.

    The rows are counted when a walk begins; its cursors carry the number along.
    """

    items: tuple[T, ...]
    total: int
    next_cursor: str | None = None


@frozen
class Position:
    """Where a cursor stands: behind the row of these keys, in a list that had ``total`` rows at first."""

    keys: tuple[str, ...]
    total: int


@frozen
class Walk:
    """A list in one order, through one filter: what a cursor is good for."""

    sort: str
    descending: bool
    mark: str

    def cursor(self, position: Position) -> str:
        """Return the cursor of a position; opaque to callers."""
        return encode_cursor(self.mark, str(position.total), *position.keys)

    def position(self, cursor: str) -> Position:
        """Return where a cursor of this walk stands; ``Invalid`` (``cursor_invalid``) for any other."""
        mark, *rest = decode_cursor(cursor)
        if mark != self.mark or not rest or not _TOTAL.fullmatch(rest[0]):
            raise not_a_cursor()
        return Position(tuple(rest[1:]), int(rest[0]))


@frozen
class Sorting:
    """What a list can be sorted by, either way round; ``default`` is its order without a wish."""

    name: str
    by: tuple[str, ...]
    default: str

    def __attrs_post_init__(self) -> None:
        """Require that the default is one of them."""
        if self.default.removeprefix("-") not in self.by:
            raise ValueError(f"{self.name}: {self.default} is none of {self.by}")

    @property
    def choices(self) -> tuple[str, ...]:
        """All that ``sort`` may be."""
        return tuple(f"{sign}{name}" for name in self.by for sign in ("", "-"))

    def walk(self, request: PageRequest, criteria: object = None) -> Walk:
        """Return what a request asks of the list through a filter (an attrs value, or a mapping).

        Raises ``Invalid`` (``sort_unknown``), naming what is known.
        """
        wanted = self.default if request.sort is None else request.sort
        sort, descending = wanted.removeprefix("-"), wanted.startswith("-")
        if sort not in self.by:
            raise Invalid.field("/sort", f"{wanted!r} is not one of {', '.join(self.choices)}.", code="sort_unknown")
        parts = (self.name, sort, str(descending), *(f"{name}={value}" for name, value in _narrowed(criteria)))
        mark = blake2s(_SEPARATOR.join(parts).encode(), digest_size=_MARK_BYTES).hexdigest()
        return Walk(sort, descending, mark)


def paged(
    rows: Iterable[T],
    request: PageRequest,
    sorting: Sorting,
    keys: Mapping[str, SortKey[T]],
    criteria: object = None,
) -> Page[T]:
    """Return the part of rows that are all at hand: what a database does with an index, for short lists and tests."""
    walk = sorting.walk(request, criteria)
    key = keys[walk.sort]
    ordered = sorted(rows, key=key, reverse=walk.descending)
    rest = ordered
    total = len(ordered)
    if request.cursor is not None:
        position = walk.position(request.cursor)
        last, total = position.keys, position.total
        if ordered and len(last) != len(key(ordered[0])):
            raise not_a_cursor()
        rest = [row for row in ordered if (key(row) < last if walk.descending else key(row) > last)]
    shown = rest[request.offset : request.offset + request.limit]
    more = len(rest) > request.offset + len(shown)
    following = walk.cursor(Position(key(shown[-1]), total)) if shown and more else None
    return Page(tuple(shown), total, following)


def sortable(value: date | datetime | int | str) -> str:
    """Write a value so that texts compare as the values do."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:020d}" if isinstance(value, int) else value


def within(value: Any, first: Any, last: Any) -> bool:
    """Tell whether a value lies between two bounds, both included; None is no bound, and no value lies anywhere."""
    if first is None and last is None:
        return True
    return value is not None and (first is None or value >= first) and (last is None or value <= last)


def encode_cursor(*keys: str) -> str:
    """Pack texts into a cursor; opaque to callers."""
    return urlsafe_b64encode(_SEPARATOR.join(keys).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, parts: int | None = None) -> tuple[str, ...]:
    """Unpack a cursor of ``parts`` texts (None: however many); ``Invalid`` (``cursor_invalid``) if it is none."""
    try:
        keys = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(_SEPARATOR)
    except (ValueError, UnicodeDecodeError):
        raise not_a_cursor() from None
    if parts not in (None, len(keys)):
        raise not_a_cursor()
    return tuple(keys)


def not_a_cursor() -> Invalid:
    """Return the refusal of what is no cursor, or one of another list, order or filter."""
    return Invalid.field(
        "/cursor",
        "This is not a cursor of this list in this order with these filters.",
        code="cursor_invalid",
        hint="Begin without a cursor; go on with next_cursor, and with the same sort and filters.",
    )


def _narrowed(criteria: object) -> Iterable[tuple[str, Any]]:
    """Return what a filter narrows, by name."""
    if criteria is None:
        return []
    given: Mapping[str, Any]
    if isinstance(criteria, Mapping):
        given = criteria
    else:
        given = {each.name: getattr(criteria, each.name) for each in fields(cast("Any", type(criteria)))}
    return sorted((name, value) for name, value in given.items() if value is not None)
