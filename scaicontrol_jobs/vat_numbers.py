"""VAT numbers in the background: VIES is asked about whoever is due, the silent ever less often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.tenancy.use_cases.recheck_vat_numbers import RecheckVatNumbers

if TYPE_CHECKING:
    from scaicontrol_adapters.container import Container
    from scaicontrol_core.tenancy.use_cases.recheck_vat_numbers import RecheckReport

_SLICE_SECONDS = 8

log = structlog.get_logger(__name__)


async def recheck_vat_numbers(container: Container) -> bool:
    """Ask about new claims, those without an answer that are due again, and answers of yesterday."""
    return _tell(await _recheck(container, everybody=False))


async def recheck_all_vat_numbers(container: Container) -> bool:
    """Also ask about those who were never asked: the register may have been off until now."""
    return _tell(await _recheck(container, everybody=True))


async def _recheck(container: Container, *, everybody: bool) -> RecheckReport:
    actor = Actor.system("recheck_vat_numbers")
    return await container.use(RecheckVatNumbers)(actor, everybody=everybody, seconds=_SLICE_SECONDS)


def _tell(report: RecheckReport) -> bool:
    """Log what the operator should know; tell whether to go on at once."""
    for code in sorted(report.refused_us):
        log.error("vat_register_refuses_us", code=code)
    if report.refused:
        log.warning("vat_numbers_refused", count=report.refused)
    return report.stopped and report.answered > 0
