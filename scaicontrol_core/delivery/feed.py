"""The feed: events in an order that never changes behind a reader."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scaicontrol_core.delivery.service_feed import part_of
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.paging import decode_cursor, encode_cursor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.delivery.outbox_ports import FeedItem

#: Stands for the cursor behind all that happened so far.
LATEST = "latest"
#: Digits that fit a column.
_POSITION = re.compile(r"[0-9]{1,18}")


@frozen
class EventFeed:
    """A part of the feed, oldest first. ``next_cursor`` is where to go on, now or in a month; ``more`` if now."""

    events: tuple[dict[str, Any], ...]
    next_cursor: str | None
    more: bool


def cursor_at(position: int) -> str:
    """Return the cursor that stands for a position."""
    return encode_cursor(str(position))


def position_of(cursor: str | None) -> int:
    """Return the position a cursor stands for; ``Invalid`` (``cursor_invalid``) if it is none of ours."""
    if cursor is None:
        return 0
    keys = decode_cursor(cursor)
    if len(keys) != 1 or not _POSITION.fullmatch(keys[0]):
        raise Invalid.field("/after", "This is not a cursor of the feed.", code="cursor_invalid")
    return int(keys[0])


def feed_of(items: Sequence[FeedItem], limit: int, after: str | None) -> EventFeed:
    """Return up to ``limit`` of the items, of which there is one more if there is more to read."""
    shown = items[:limit]
    return EventFeed(
        events=tuple(_shown(item) for item in shown),
        next_cursor=cursor_at(shown[-1].position) if shown else after,
        more=len(items) > limit,
    )


def _shown(item: FeedItem) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(item.body)
    return event if item.seen_by is None else part_of(item.seen_by, event)
