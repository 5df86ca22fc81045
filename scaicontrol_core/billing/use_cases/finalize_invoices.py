"""Finalize many drafts at once, under one lock of their series."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.facts import DocumentCheck, Rules
from scaicontrol_core.billing.finalizing import Finalizations, FinalizeOrder, finalize_all
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import CommitUnknown, Stale
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tax import RateTable

_ATTEMPTS = 5


@frozen
class FinalizeInvoices:
    """As ``FinalizeInvoice``, for many: all that can be are finalized in one transaction.

    What is wrong with one is reported with its id and keeps it a draft; it never stops the
    others. Numbers are taken in the order of the orders.
    """

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock
    rates: RateTable
    document_check: DocumentCheck

    async def __call__(self, actor: Actor, orders: Sequence[FinalizeOrder]) -> Finalizations:
        """Return what became of each."""
        actor.require(Permission.ADMIN_BILLING)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._finalize(actor, orders)
            except (Stale, CommitUnknown):
                # One of the drafts was changed by others meanwhile, or nobody can tell whether
                # they have their numbers: read all of them again.
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError  # the last attempt returned or raised

    async def _finalize(self, actor: Actor, orders: Sequence[FinalizeOrder]) -> Finalizations:
        rules = Rules(rates=self.rates, document_check=self.document_check)
        async with self.work.begin(actor) as work:
            made = await finalize_all(work, actor, orders, rules, self.clock.now())
            if made.numbered:
                await work.commit()
        return made
