"""The numbers of jobs for Prometheus: which are late, which fail, which were given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.jobs.use_cases.list_jobs import ListJobs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import CollectorRegistry

    from scaicontrol_adapters.container import Container

_GAUGES = (
    ("scaicontrol_job_age_seconds", "For how long a job has been due with nobody at it; 0 if it is not."),
    ("scaicontrol_job_failures", "How often in a row it failed."),
    ("scaicontrol_job_dead", "Whether it was given up, and waits for a person."),
)


class JobNumbers(Collector):
    """Registers itself; ``look`` reads the rows, and there are no numbers while the database is away."""

    def __init__(self, registry: CollectorRegistry, container: Container) -> None:
        self._container = container
        self._values: dict[str, tuple[float, float, float]] = {}
        registry.register(self)

    async def look(self) -> None:
        """Read the rows anew."""
        try:
            jobs = await self._container.use(ListJobs)(Actor.system("metrics"))
        except Exception:  # noqa: BLE001  # the other numbers are wanted all the more when the database is away
            self._values = {}
        else:
            now = self._container.clock.now()
            self._values = {job.name: (job.seconds_late(now), job.failures, job.is_dead) for job in jobs}

    def collect(self) -> Iterable[Metric]:
        """Return them as Prometheus wants them."""
        for place, (title, text) in enumerate(_GAUGES):
            family = GaugeMetricFamily(title, text, labels=["job"])
            for name, values in self._values.items():
                family.add_metric([name], values[place])
            yield family
