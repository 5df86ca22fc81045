"""What is kept ahead and swept away by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scaicontrol_adapters.container import Container
from scaicontrol_core.access import Actor
from scaicontrol_core.audit.use_cases.export_audit_month import ExportAuditMonth
from scaicontrol_core.audit.use_cases.tend_audit_log import TendAuditLog
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.kernel.idempotency import RETENTION, IdempotencyRecord
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_jobs.schedule import SCHEDULE
from scaicontrol_jobs.upkeep import sweep_idempotency_keys, tend_audit_log

RITA = Actor.partner_admin("rita", PartnerId("prt_1"))


async def test_answers_of_yesterday_are_forgotten_every_hour(container: Container) -> None:
    now = container.clock.now()
    for key, age in (("old", RETENTION), ("young", RETENTION - timedelta(minutes=1))):
        await container.idempotency.claim(IdempotencyRecord("tom", key, "a" * 64, now - age))
    assert await sweep_idempotency_keys(container) is False
    again = IdempotencyRecord("tom", "young", "a" * 64, now)
    assert await container.idempotency.claim(again) is not None
    assert [job.every_seconds for job in SCHEDULE if job.run is sweep_idempotency_keys] == [3600]


async def test_the_log_is_tended_every_day(container: Container) -> None:
    assert await tend_audit_log(container) is False
    assert [job.every_seconds for job in SCHEDULE if job.run is tend_audit_log] == [86_400]


async def test_only_the_platform_tends_and_archives(container: Container) -> None:
    with pytest.raises(Forbidden):
        await container.use(TendAuditLog)(RITA)
    with pytest.raises(Forbidden):
        await container.use(ExportAuditMonth)(RITA, parse_month("2025-01"))
