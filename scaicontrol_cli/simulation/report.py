"""What a simulation came to: its months, what was done in them, and the audit of what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from scaicontrol_adapters.rendering import render_pending
from scaicontrol_core.integrity.use_cases.audit_integrity import AuditIntegrity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaicontrol_cli.simulation.company import Company
    from scaicontrol_cli.simulation.months import MonthReport
    from scaicontrol_core.integrity.finding import IntegrityAudit


@frozen(kw_only=True)
class SimulationReport:
    """All there is to tell. ``counts``: how often what was done, refused (and why), and metered."""

    name: str
    seed: int
    currency: str
    months: tuple[MonthReport, ...]
    counts: Mapping[str, Mapping[str, int]] = field(factory=dict)
    audit: IntegrityAudit


async def conclude(company: Company, months: tuple[MonthReport, ...]) -> SimulationReport:
    """Render documents if the scenario wants them, audit the whole database, and put the report together."""
    if company.scenario.documents:
        while rendered := (await render_pending(company.container, company.actor)).rendered:
            company.done["document"] += rendered
    return SimulationReport(
        name=company.scenario.name,
        seed=company.scenario.seed,
        currency=company.scenario.operator.configuration.default_currency,
        months=months,
        counts=company.counted(),
        audit=await company.use(AuditIntegrity)(company.actor),
    )
