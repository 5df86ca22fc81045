"""Keeping the lease of a job while work on it goes on."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from scaicontrol_core.jobs.errors import JobLeaseLost
from scaicontrol_core.jobs.job import JobOutcome, JobReport
from scaicontrol_core.jobs.use_cases.claim_job import ClaimJob, JobClaim
from scaicontrol_core.jobs.use_cases.finish_job import FinishJob
from scaicontrol_core.jobs.use_cases.renew_job_lease import RenewJobLease

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scaicontrol_adapters.container import Container
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.kernel.ids import Ids

log = structlog.get_logger(__name__)


def runner_name(ids: Ids) -> str:
    """Return a name for one run: on which machine, in which process, and which."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{ids.new('run')[-12:]}"


@asynccontextmanager
async def kept(container: Container, actor: Actor, claim: JobClaim) -> AsyncIterator[None]:
    """Renew the lease while the block runs; cancel the task in it when the lease is lost, or may be."""
    keeping = asyncio.create_task(_keep(container, actor, claim, asyncio.current_task()))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


@asynccontextmanager
async def held_by_hand(container: Container, actor: Actor, name: str, every: timedelta) -> AsyncIterator[None]:
    """Hold a job for the length of the block, whether it is due or not; raises ``JobHeld``.

    What the block raises is the caller's; the job's row only learns that it ran.
    """
    lease = timedelta(seconds=container.settings.job_lease_seconds)
    claim = JobClaim(name=name, owner=runner_name(container.ids), every=every, lease=lease, by_hand=True)
    await container.use(ClaimJob)(actor, claim)
    try:
        async with kept(container, actor, claim):
            yield
    finally:
        with suppress(JobLeaseLost):
            report = JobReport(outcome=JobOutcome.DONE)
            await container.use(FinishJob)(actor, name, claim.owner, report, every=every)


async def _keep(container: Container, actor: Actor, claim: JobClaim, work: asyncio.Task[object] | None) -> None:
    loop, seconds = asyncio.get_running_loop(), claim.lease.total_seconds()
    held_until = loop.time() + seconds
    while True:
        await asyncio.sleep(seconds / 3)
        asked = loop.time()
        try:
            await container.use(RenewJobLease)(actor, claim.name, claim.owner, claim.lease)
        except JobLeaseLost:
            break
        except Exception as failure:  # noqa: BLE001  # the database may be back before the lease is over
            log.warning("job_lease_not_renewed", job=claim.name, failure=type(failure).__name__)
            if loop.time() >= held_until:
                break
        else:
            held_until = asked + seconds
    if work is not None:
        work.cancel()
