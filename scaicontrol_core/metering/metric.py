"""How an event is seen through a metric of the catalogue."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from scaicontrol_core.catalog.service import Aggregation, Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaicontrol_core.catalog.service import Service
    from scaicontrol_core.kernel.ids import ServiceId

#: What ``unique_count`` tells apart where the metric names no property.
DEFAULT_PROPERTY = "id"


def counted_property(metric: Metric) -> str | None:
    """Return the property whose distinct values count, or None for metrics that count quantities."""
    if metric.aggregation is not Aggregation.UNIQUE_COUNT:
        return None
    return metric.property or DEFAULT_PROPERTY


def value_hash(value: Any) -> str:
    """Return the sha256 (hex) of a property's value: people's names and addresses stay out of the roll-ups."""
    return sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def unique_value(metric: Metric, properties: Mapping[str, Any]) -> str | None:
    """Return the hash of what the metric tells apart.

    None for metrics that count quantities; raises ``KeyError`` if the event lacks the property.
    """
    name = counted_property(metric)
    if name is None:
        return None
    value = properties[name]
    if value is None:
        raise KeyError(name)
    return value_hash(value)


def seen_again(
    services: Sequence[Service], service_id: ServiceId, name: str, properties: Mapping[str, Any]
) -> str | None:
    """Return ``unique_value`` of an event that was kept, by the catalogue as it is today.

    None as well for a metric that is gone, or that has come to count a property the event lacks.
    """
    own = [metric for service in services if service.id == service_id for metric in service.metrics]
    metric = next((each for each in own if each.slug == name), None)
    if metric is None:
        return None
    try:
        return unique_value(metric, properties)
    except KeyError:
        return None
