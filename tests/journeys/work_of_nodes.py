"""What is done through the nodes of a cluster at once: every kind of work that has a guarantee to keep.

Whoever is refused asks again, as a client should; what nobody may be told is that something is wrong.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from attrs import define, field, frozen

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.access import Actor
from scaicontrol_core.billing.billing_run import parse_month
from scaicontrol_core.billing.claiming import Sharing
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.billing.use_cases.run_billing import RunBilling
from scaicontrol_core.delivery.outcome import Answer
from scaicontrol_core.delivery.parcel import Answered
from scaicontrol_core.delivery.use_cases.claim_webhook_deliveries import ClaimWebhookDeliveries
from scaicontrol_core.delivery.use_cases.fan_out_events import FanOutEvents
from scaicontrol_core.delivery.use_cases.record_webhook_answers import RecordWebhookAnswers
from scaicontrol_core.jobs.use_cases.claim_job import ClaimJob, JobClaim
from scaicontrol_core.kernel.errors import ErrorKind, ScaiControlError
from scaicontrol_core.kernel.ids import InvoiceId, RunId

ACTOR = Actor.system("clients")
JOBS = 30
#: Answers to a claim at a time; a few, so that all nodes get some.
_PARCELS, _EVENTS = 10, 20
_LONGEST_SECONDS = 120
#: What a client waits before it asks again.
_PATIENCE_SECONDS = 0.05
_COME_AGAIN = {ErrorKind.UNAVAILABLE, ErrorKind.RETRYABLE}
#: What it hears if an earlier attempt took effect and nobody could tell.
_DONE_BEFORE = {"invoice_immutable", "invalid_transition"}
_LEASE = timedelta(seconds=3)
_MINUTE = timedelta(minutes=1)
R = TypeVar("R")


@define
class Ledger:
    """What there is to do, and what the clients of all nodes were told of it."""

    drafts: list[InvoiceId]
    wanted: int
    run: str
    numbered: set[InvoiceId] = field(factory=set)
    placed: int = 0
    claims: Counter[tuple[str, int]] = field(factory=Counter)
    """How often a client was given each attempt at a delivery."""
    runners: defaultdict[str, list[str]] = field(factory=lambda: defaultdict(list))
    """Who was given each job."""
    billed: bool = False
    _changed: asyncio.Condition = field(factory=asyncio.Condition)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is going to happen that is to be told."""
        return self.billed and len(self.numbered) == self.wanted

    async def note(self, draft: InvoiceId) -> None:
        """Note that one is numbered."""
        async with self._changed:
            self.numbered.add(draft)
            self._changed.notify_all()

    async def until(self, count: int) -> None:
        """Wait until so many are numbered."""
        async with asyncio.timeout(_LONGEST_SECONDS), self._changed:
            await self._changed.wait_for(lambda: len(self.numbered) >= count)


@frozen
class Clients:
    """Those of one node."""

    name: str
    container: Container
    ledger: Ledger
    refusals: list[ScaiControlError] = field(factory=list)

    async def work(self) -> None:
        """Do all there is to do, everything at once."""
        await asyncio.gather(self._number(), self._number(), self._bill(), self._relay(), self.deliver(), self._lease())

    async def insist(self, use_case: Callable[..., Awaitable[R]], *arguments: Any) -> R | None:
        """Ask until there is an answer; None if an earlier attempt took effect. Whatever else is said is a fault."""
        while True:
            try:
                return await use_case(*arguments)
            except ScaiControlError as refused:
                self.refusals.append(refused)
                if refused.code in _DONE_BEFORE:
                    return None
                if refused.kind not in _COME_AGAIN:
                    raise
                await asyncio.sleep(_PATIENCE_SECONDS)

    async def _number(self) -> None:
        while self.ledger.drafts:
            draft = self.ledger.drafts.pop()
            await self.insist(self.container.use(FinalizeInvoice), ACTOR, draft)
            await self.ledger.note(draft)

    async def _bill(self) -> None:
        month = parse_month(f"{self.container.clock.now():%Y-%m}")

        async def bill() -> None:
            sharing = Sharing(run_id=RunId(self.ledger.run), worker=self.name, lease=_LEASE)
            await self.container.use(RunBilling)(ACTOR, month, sharing=sharing)

        await self.insist(bill)
        self.ledger.billed = True

    async def _relay(self) -> None:
        over = False
        while not over:
            over = self.ledger.is_over
            report = await self.insist(self.container.use(FanOutEvents), ACTOR, _EVENTS)
            assert report is not None
            self.ledger.placed += report.events
            over = over and not report.events
            await asyncio.sleep(0 if report.events else _PATIENCE_SECONDS)

    async def deliver(self) -> None:
        """Take what is due and say that it arrived; what that does outside is shown elsewhere."""
        over = False
        while not over:
            over = self.ledger.is_over
            parcels = await self.insist(self.container.use(ClaimWebhookDeliveries), ACTOR, _PARCELS)
            assert parcels is not None
            self.ledger.claims.update((each.delivery_id, each.attempt) for each in parcels)
            arrived = [Answered(each, Answer(latency_ms=1, status=204)) for each in parcels]
            if arrived:
                await self.insist(self.container.use(RecordWebhookAnswers), ACTOR, arrived)
            over = over and not parcels
            await asyncio.sleep(0 if parcels else _PATIENCE_SECONDS)

    async def _lease(self) -> None:
        """Want every job that the clients of the other nodes want too."""
        for number in range(JOBS):
            claim = JobClaim(name=f"job_{number}", owner=f"{self.name}-{number}", every=_MINUTE, lease=_MINUTE)
            job = await self.insist(self.container.use(ClaimJob), ACTOR, claim)
            if job is not None:
                self.ledger.runners[claim.name].append(claim.owner)


@asynccontextmanager
async def clients_of(urls: Sequence[str], folder: Path, ledger: Ledger) -> AsyncIterator[list[Clients]]:
    """Open clients for each node."""
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(Container.from_settings(settings_of(url, folder))) for url in urls]
        yield [Clients(f"n{number}", container, ledger) for number, container in enumerate(opened, start=1)]


def settings_of(url: str, folder: Path) -> Settings:
    """Return the settings of a server that uses one node."""
    return Settings(
        database_url=url,
        data_dir=folder,
        background_jobs="",
        webhook_allowed_networks=("127.0.0.0/8",),
        webhook_allow_http=True,
    )
