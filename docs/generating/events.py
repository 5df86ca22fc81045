"""The page of events: what is announced, under which topic, with which fields."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, cast

import attrs

from docs.generating.core import core_modules, feature_of, subclasses
from docs.generating.markdown import Page, code, codes, prose, sentence, table
from scaicontrol_core.kernel.events import Event

_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_ENVELOPE = """\
Every event also carries `resource_id`, `partner_id`, `tenant_id`, `ordinal` (the aggregate's version, or 1 for what
happens once in its life) and `changes` (field → before and after, for the audit log). Each is written to the audit
log under its action, in the transaction of the change itself; one with a topic is written to the outbox as well,
under its idempotency key.

In JSON a date is `2026-01-31`, an instant RFC 3339 in UTC, a decimal number a text; amounts are whole minor units.
"""


def page() -> Page:
    """Return the page."""
    events = sorted(_events(), key=lambda event: (feature_of(event.__module__), event.action))
    public = [event for event in events if event.topic]
    features = sorted({feature_of(event.__module__) for event in events})
    return Page(
        name="events.md",
        title="Events",
        source="the event classes of the core",
        parts=(
            _ENVELOPE,
            "## Public topics",
            table(("Topic", "When"), [(code(event.topic or ""), sentence(event.__doc__)) for event in public]),
            *(_feature(name, [event for event in events if feature_of(event.__module__) == name]) for name in features),
            _values(events),
        ),
    )


def _events() -> list[type[Event]]:
    return [cast("type[Event]", each) for each in subclasses(Event) if cast("type[Event]", each).action]


def _feature(name: str, events: list[type[Event]]) -> str:
    bases = dict.fromkeys(_base(event) for event in events)
    shared = [_shared(base) for base in bases if base is not Event and _own_fields(base)]
    return "\n\n".join([f"## {name.capitalize()}", *shared, *map(_section, events)])


def _shared(base: type[Event]) -> str:
    return "\n\n".join([f"### {base.__name__}", prose(base.__doc__), _fields_table(_own_fields(base))])


def _fields_table(found: list[tuple[str, str]]) -> str:
    return table(("Field", "Type"), [(code(name), code(kind)) for name, kind in found])


def _section(event: type[Event]) -> str:
    base = _base(event)
    return "\n\n".join(
        part
        for part in (
            f"### {event.action}",
            prose(event.__doc__),
            _about(event),
            f"The fields of [{base.__name__}](#{base.__name__.lower()})." if _own_fields(base) else "",
            _fields_table(_own_fields(event, base)),
        )
        if part
    )


def _about(event: type[Event]) -> str:
    topic = code(event.topic) if event.topic else "none"
    return f"Class `{event.__name__}` · topic {topic} · key `{_idempotency_key(event)}`"


def _own_fields(kind: type, base: type = Event) -> list[tuple[str, str]]:
    shared = {attribute.name for attribute in attrs.fields(base)}
    return [
        (each.name, _type_text(_written(kind, each.name))) for each in attrs.fields(kind) if each.name not in shared
    ]


def _written(kind: type, name: str) -> Any:
    """Return a field's type as the code has it, whoever has resolved it meanwhile."""
    stated = (vars(each).get("__annotations__", {}) for each in kind.__mro__)
    return next(each[name] for each in stated if name in each)


def _base(event: type[Event]) -> type[Event]:
    """Return the class whose fields several events of a feature share."""
    return cast("type[Event]", event.__base__)


def _type_text(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def _idempotency_key(event: type[Event]) -> str:
    """Let an event whose fields are their own names in braces tell its key."""
    example = object.__new__(event)
    for attribute in attrs.fields(event):
        object.__setattr__(example, attribute.name, f"{{{attribute.name}}}")
    return example.idempotency_key


def _values(events: list[type[Event]]) -> str:
    """Return a section on the value classes and enums that fields hold, and those that they hold in turn."""
    known = {
        name: value
        for module in core_modules()
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__ and (attrs.has(value) or _is_choice(value))
    }
    wanted, seen = list[type](events), dict[str, type]()
    while wanted:
        kind = wanted.pop()
        for _, annotation in [] if _is_choice(kind) else _own_fields(kind):
            found = {name: known[name] for name in _NAME.findall(annotation) if name in known and name not in seen}
            wanted += found.values()
            seen |= found
    return "\n\n".join(["## Values within events", *(_value(seen[name]) for name in sorted(seen))])


def _value(kind: type) -> str:
    if issubclass(kind, StrEnum):
        return f"### {kind.__name__}\n\n{prose(kind.__doc__)}\n\nOne of {codes(member.value for member in kind)}."
    return f"### {kind.__name__}\n\n{prose(kind.__doc__)}\n\n{_fields_table(_own_fields(kind))}"


def _is_choice(kind: type) -> bool:
    return issubclass(kind, StrEnum)
