"""What a service may read of the feed: events that name it, and of those that name others too, its own part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scaicontrol_core.kernel.ids import ServiceId

_NAMED_BY = "service_id"


def services_named(data: Mapping[str, Any]) -> tuple[ServiceId, ...]:
    """Return the services that a payload names, wherever in it: also one that was in a pack and no longer is."""
    return tuple(sorted(set(_named(data))))


def part_of(service_id: ServiceId, value: Any) -> Any:  # JSON has no narrower Python type
    """Return JSON without the items of its lists that are another service's."""
    if isinstance(value, dict):
        return {key: part_of(service_id, each) for key, each in value.items()}
    if isinstance(value, list):
        return [part_of(service_id, each) for each in value if not _is_others(service_id, each)]
    return value


def _is_others(service_id: ServiceId, value: Any) -> bool:
    return isinstance(value, dict) and value.get(_NAMED_BY, service_id) != service_id


def _named(value: Any) -> Iterator[ServiceId]:
    if isinstance(value, Mapping):
        if isinstance(named := value.get(_NAMED_BY), str):
            yield ServiceId(named)
        for each in value.values():
            yield from _named(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _named(each)
