"""Domain events: what an aggregate says has happened.

Aggregates record them in their verbs; committing the unit of work writes each one to the
audit log and, where the event has a public topic, to the outbox — in the same transaction.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import fields, frozen

from scaicontrol_core.kernel.clock import rfc3339
from scaicontrol_core.kernel.quantity import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

JsonValue = None | bool | int | str | list["JsonValue"] | dict[str, "JsonValue"]


def _names(kind: type) -> tuple[str, ...]:
    return tuple(attribute.name for attribute in fields(kind))


def to_json(value: object) -> Any:  # JSON has no narrower Python type
    """Turn a core value into JSON: dates as ISO, instants as RFC 3339, decimals as plain strings."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | frozenset | set):
        return [to_json(item) for item in (sorted(value) if isinstance(value, frozenset | set) else value)]
    return {name: to_json(getattr(value, name)) for name in _names(type(value))}


@frozen(kw_only=True)
class Event:
    """Base of all events; concrete ones add the snapshot they publish as fields.

    ``action`` is the audit log's word (``invoice.finalized``); ``topic`` the public one, or
    None for what only the audit log needs. ``ordinal`` makes the idempotency key natural: the
    aggregate's version, or 1 for what happens once in a life.
    """

    action: ClassVar[str] = ""
    topic: ClassVar[str | None] = None
    resource_type: ClassVar[str] = ""

    resource_id: str
    partner_id: str | None = None
    tenant_id: str | None = None
    ordinal: int = 1
    changes: Mapping[str, tuple[Any, Any]] = {}
    """Field → (before, after), for the audit log. JSON values, secrets redacted."""
    request_id: str | None = None
    """The request that caused it, where one transaction serves several; else the actor's own."""

    @property
    def idempotency_key(self) -> str:
        """A natural key: resource, id, what happened, which time. Never a timestamp."""
        return f"{self.resource_type}:{self.resource_id}:{self.action.rpartition('.')[2]}:{self.ordinal}"

    def payload(self) -> dict[str, Any]:
        """Return the event's own fields as JSON: the envelope carries the rest."""
        own = {"resource_id", "partner_id", "tenant_id", "ordinal", "changes", "request_id"}
        return {
            attribute.name: to_json(getattr(self, attribute.name))
            for attribute in fields(type(self))
            if attribute.name not in own
        }

    def told(self) -> dict[str, Any]:
        """Return what the outside is told under ``topic``: its fields, unless an event keeps some to the house."""
        return self.payload()


class Recorder:
    """Mix-in of aggregates that record events; the unit of work collects them once."""

    _events: list[Event]

    def _record(self, event: Event) -> None:
        self._events.append(event)

    @property
    def has_changed(self) -> bool:
        """Tell whether a verb recorded anything since the events were last collected."""
        return bool(self._events)

    @property
    def uncollected(self) -> tuple[Event, ...]:
        """What was recorded since the events were last collected."""
        return tuple(self._events)

    def collect_events(self) -> tuple[Event, ...]:
        """Return what was recorded since the last call, and forget it."""
        events = tuple(self._events)
        self._events.clear()
        return events


def changed(before: object, after: object, *names: str) -> dict[str, tuple[Any, Any]]:
    """Return field → (before, after) of the named fields (default: all public ones) that differ."""
    chosen = names or tuple(name for name in _names(type(before)) if not name.startswith("_"))
    pairs = ((name, to_json(getattr(before, name)), to_json(getattr(after, name))) for name in chosen)
    return {name: (old, new) for name, old, new in pairs if old != new}
