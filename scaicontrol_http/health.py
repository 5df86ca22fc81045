"""``/healthz`` (this process lives), ``/readyz`` (it can serve, and what it depends on), ``/metrics``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from scaicontrol_adapters.job_numbers import JobNumbers
from scaicontrol_adapters.probes import look
from scaicontrol_adapters.telemetry import METRICS_TYPE
from scaicontrol_adapters.webhooks.numbers import DeliveryNumbers
from scaicontrol_core import access
from scaicontrol_core.documents.use_cases.list_pending_documents import ListPendingDocuments
from scaicontrol_http.requests import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_adapters.container import Container
    from scaicontrol_adapters.scaikey.tokens import TrustedIssuer
    from scaicontrol_adapters.telemetry import Metrics

_HEALTH = "Health"
_PUBLIC = {"public": True}
#: Without these no request can be served; without the others some can.
_NEEDED = {"database", "schema"}


class HealthAnswer(Answer):
    """Always ``ok``: a process that does not live does not answer."""

    status: str = "ok"


class CheckAnswer(Answer):
    """One dependency."""

    name: str
    ok: bool
    state: str


class ReadinessAnswer(Answer):
    """``ready``, ``degraded`` (something not always needed is away) or ``unavailable`` (answered with 503)."""

    status: str
    checks: list[CheckAnswer]


def health_routes(
    container: Container, issuers: tuple[TrustedIssuer, ...], metrics: Metrics
) -> Sequence[HTTPRouteHandler]:
    """Return the routes that machines ask; they need no token and tell nothing about customers."""
    numbers, jobs = DeliveryNumbers(metrics.registry, container), JobNumbers(metrics.registry, container)

    @get("/healthz", tags=[_HEALTH], summary="Tell that the process lives", opt=_PUBLIC, security=[])
    async def healthz() -> HealthAnswer:
        """Look at nothing else: a database that is away must not restart the server."""
        return HealthAnswer()

    @get("/readyz", tags=[_HEALTH], summary="Tell what can be served", opt=_PUBLIC, security=[])
    async def readyz() -> Response[ReadinessAnswer]:
        """Look at every dependency; 503 while the database or its schema is not there."""
        checks = await look(container, issuers)
        lost = {check.name for check in checks if not check.ok}
        status = "unavailable" if lost & _NEEDED else "degraded" if lost else "ready"
        answer = ReadinessAnswer(
            status=status,
            checks=[CheckAnswer(name=check.name, ok=check.ok, state=check.state) for check in checks],
        )
        return Response(answer, status_code=503 if status == "unavailable" else 200)

    @get("/metrics", include_in_schema=False, opt=_PUBLIC)
    async def metrics_page() -> Response[bytes]:
        """Expose the process's numbers to Prometheus."""
        metrics.documents_pending(await _pending(container))
        await numbers.look()
        await jobs.look()
        for issuer in issuers:
            metrics.keys_stand(issuer.issuer, issuer.keys.state)
        return Response(metrics.expose(), media_type=METRICS_TYPE)

    return healthz, readyz, metrics_page


async def _pending(container: Container) -> float:
    try:
        return len(await container.use(ListPendingDocuments)(access.Actor.system("metrics")))
    except Exception:  # noqa: BLE001  # the other numbers are wanted all the more when the database is away
        return math.nan
