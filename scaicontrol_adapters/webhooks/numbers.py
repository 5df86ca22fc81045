"""The numbers of delivery for Prometheus: how far it is behind, and what came of the posts of this process."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.delivery.use_cases.measure_delivery import MeasureDelivery

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import CollectorRegistry

    from scaicontrol_adapters.container import Container

_GAUGES = {
    "events": ("scaicontrol_outbox_events", "Events that have no place in the feed yet."),
    "oldest_event_seconds": ("scaicontrol_outbox_age_seconds", "How long the oldest of them has waited."),
    "deliveries": ("scaicontrol_webhooks_pending", "Deliveries that have not arrived and are not given up."),
    "oldest_delivery_seconds": ("scaicontrol_webhooks_age_seconds", "How long the oldest of them has waited."),
}


class DeliveryNumbers(Collector):
    """Registers itself; ``look`` reads what is in the database, not a number while that is away."""

    def __init__(self, registry: CollectorRegistry, container: Container) -> None:
        self._container = container
        self._values: dict[str, float] = dict.fromkeys(_GAUGES, math.nan)
        registry.register(self)

    async def look(self) -> None:
        """Read the numbers anew."""
        try:
            backlog = await self._container.use(MeasureDelivery)(Actor.system("metrics"))
        except Exception:  # noqa: BLE001  # the other numbers are wanted all the more when the database is away
            self._values = dict.fromkeys(_GAUGES, math.nan)
        else:
            self._values = {name: getattr(backlog, name) for name in _GAUGES}

    def collect(self) -> Iterable[Metric]:
        """Return them as Prometheus wants them."""
        for name, (title, text) in _GAUGES.items():
            yield GaugeMetricFamily(title, text, value=self._values[name])
        posts = CounterMetricFamily(
            "scaicontrol_webhook_posts", "Webhooks that this process posted, by what came of them.", labels=["verdict"]
        )
        for verdict, count in sorted(self._container.webhook_pump.posts.items()):
            posts.add_metric([verdict], count)
        yield posts
