"""Paging: keyset cursors that stay stable under inserts, and numbered pages for people."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Generic, TypeVar

from attrs import frozen

from scaicontrol_core.kernel.errors import Invalid

T = TypeVar("T")
MAX_LIMIT = 200
DEFAULT_LIMIT = 50
#: Beyond it nobody turns pages; a database could not even count that far.
MAX_PAGE = 1_000_000
_SEPARATOR = "\x1f"


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
    """One part of a list, how many there are in all, and where the next part begins."""

    items: tuple[T, ...]
    total: int
    next_cursor: str | None = None


def encode_cursor(*keys: str) -> str:
    """Pack the sort keys of the last row shown; opaque to callers."""
    return urlsafe_b64encode(_SEPARATOR.join(keys).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, parts: int) -> tuple[str, ...]:
    """Unpack a cursor of ``parts`` keys; ``Invalid`` (``cursor_invalid``) if it is not one of ours."""
    try:
        keys = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(_SEPARATOR)
    except (ValueError, UnicodeDecodeError):
        keys = []
    if len(keys) != parts:
        raise Invalid.field("/cursor", "This is not a cursor of this list.", code="cursor_invalid")
    return tuple(keys)
