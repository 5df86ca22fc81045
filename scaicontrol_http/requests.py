"""What every feature's bodies, answers and lists have in common."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar, dataclass_transform

import msgspec

from scaicontrol_core.kernel.clock import as_utc
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.paging import Page

T = TypeVar("T")
A = TypeVar("A")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class _KeywordsOnly(msgspec.StructMeta):
    """Makes ``kw_only`` the rule: msgspec does not hand it down, and a subclass may add what is required."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> Any:
        """Make a class."""
        return super().__new__(cls, name, bases, namespace, **({"kw_only": True} | options))


@dataclass_transform(kw_only_default=True, field_specifiers=(msgspec.field,))
class Body(msgspec.Struct, metaclass=_KeywordsOnly, forbid_unknown_fields=True):
    """Base of what a request may bring: a field nobody knows is an error, so no typing mistake goes unnoticed."""


@dataclass_transform(kw_only_default=True, field_specifiers=(msgspec.field,))
class Answer(msgspec.Struct, metaclass=_KeywordsOnly):
    """Base of what an answer shows."""


class Listing(msgspec.Struct, Generic[T], kw_only=True):
    """One part of a list, how many there are in all, and the cursor of the next part (null: this is the last)."""

    items: list[T]
    total: int
    next_cursor: str | None


def listing(page: Page[T], show: Callable[[T], A]) -> Listing[A]:
    """Show a page of the core's values."""
    return Listing(items=[show(item) for item in page.items], total=page.total, next_cursor=page.next_cursor)


def whole(items: Sequence[T], show: Callable[[T], A]) -> Listing[A]:
    """Show a list that is short by nature, or that only makes sense as a whole: it has one part."""
    return Listing(items=[show(item) for item in items], total=len(items), next_cursor=None)


def instant_of(value: datetime | None, pointer: str) -> datetime | None:
    """Return an instant of a query in UTC; ``Invalid`` (``instant_invalid``) for one that UTC's calendar lacks."""
    try:
        return None if value is None else as_utc(value)
    except OverflowError:
        raise Invalid.field(pointer, f"{pointer[1:]} lies beyond the calendar.", code="instant_invalid") from None


def attachment(name: str, extension: str) -> str:
    """Return the ``Content-Disposition`` of a file to look at; of its name only what no header can take amiss."""
    return f'inline; filename="{_UNSAFE.sub("_", name)}.{extension}"'


def etag(version: int, beside: object = None) -> dict[str, str]:
    """Return the header that names a resource's version; ``If-Match`` brings it back.

    ``beside`` is what an answer shows that changes without the resource: ``If-None-Match`` asks after both.
    """
    if not beside:
        return {"ETag": f'"{version}"'}
    digest = hashlib.blake2s(msgspec.json.encode(beside), digest_size=8).hexdigest()
    return {"ETag": f'"{version}-{digest}"'}
