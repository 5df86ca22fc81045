"""Before a page of a billing run: the register is asked about the buyers it is about to bill."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from attrs import frozen

from scaicontrol_core.billing.due import find_due
from scaicontrol_core.tenancy.vat_checking import VatCheck, VatChecking, due_check

if TYPE_CHECKING:
    from scaicontrol_core.access.actor import Actor
    from scaicontrol_core.billing.due import PageRequestOfRun
    from scaicontrol_core.billing.ports import BillingWork
    from scaicontrol_core.kernel.work import UnitOfWorkFactory
    from scaicontrol_core.tenancy.ports import VatNumberCheck

#: How long all questions of a run may take, and those of one page of it.
RUN_PATIENCE = timedelta(minutes=2)
_PAGE_SECONDS = 30


@frozen(kw_only=True)
class BuyerVerification:
    """Asks until ``until``; after that a run goes on with what is known."""

    work: UnitOfWorkFactory[BillingWork]
    asking: VatChecking
    vat_numbers: VatNumberCheck
    until: datetime

    async def before(self, actor: Actor, ask: PageRequestOfRun) -> None:
        """Ask about the buyers of a page whose evidence is due, and keep the answers."""
        left = int((self.until - self.asking.clock.now()).total_seconds())
        if left <= 0 or not self.asking.register.is_on:
            return

        async def attempt() -> list[VatCheck]:
            return await self._due(actor, ask)

        checks = await self.asking.retry(attempt)
        await self.asking.ask(actor, checks, seconds=min(left, _PAGE_SECONDS))

    async def _due(self, actor: Actor, ask: PageRequestOfRun) -> list[VatCheck]:
        async with self.work.begin(actor, read_only=True) as work:
            profiles = await work.billing_profiles.of_tenants((await find_due(work, ask)).tenant_ids)
        now = self.asking.clock.now()
        checks = [
            due_check(profile, ask.seller, self.vat_numbers, now, before_billing=True) for profile in profiles.values()
        ]
        return [check for check in checks if check is not None]
