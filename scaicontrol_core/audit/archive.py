"""A month of the audit log as lines of a file: the same bytes whenever it is written, so that a digest proves it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from attrs import fields, frozen

from scaicontrol_core.audit.entry import AuditEntry
from scaicontrol_core.kernel.errors import Conflict, Invalid
from scaicontrol_core.kernel.events import to_json
from scaicontrol_core.kernel.period import add_months

if TYPE_CHECKING:
    from scaicontrol_core.kernel.period import Period

_NAMES = tuple(attribute.name for attribute in fields(AuditEntry))


@frozen
class ArchivePart:
    """Some lines of a month, oldest first; ``next_cursor`` goes on, None after the last one."""

    lines: tuple[str, ...]
    next_cursor: str | None


def bounds(month: Period, now: datetime) -> tuple[datetime, datetime]:
    """Return a month's first instant and the one after its last, in UTC; ``Conflict`` while it is not over."""
    since, until = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (month.start, month.end))
    if until > now:
        raise Conflict(
            "This month is not over: entries are still added.",
            code="audit_month_open",
            hint="Months are archived when they are over, in UTC.",
        )
    return since, until


def line(entry: AuditEntry) -> str:
    """Return an entry as canonical JSON: sorted keys, no blanks, one line."""
    shown = {name: to_json(getattr(entry, name)) for name in _NAMES}
    return json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def require_month(month: Period) -> Period:
    """Return a period that is one month of the calendar; ``Invalid`` (``month_invalid``) otherwise."""
    if month.start.day != 1 or add_months(month.start, 1) != month.end:
        raise Invalid.field("/month", "Archives hold one month of the calendar.", code="month_invalid")
    return month
