"""How an event is seen through a metric of the catalogue."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from scaicontrol_core.catalog.service import Aggregation, Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

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
