"""Ask the register about every buyer whose evidence is due."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import evolve, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, TenantId
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory
from scaicontrol_core.tenancy.ports import UncheckedFilter, VatNumberCheck
from scaicontrol_core.tenancy.vat_checking import (
    VatCheck,
    VatChecking,
    VatCheckingWork,
    VatCheckOutcome,
    due_check,
    sellers_of,
)
from scaicontrol_core.tenancy.vat_evidence import RECHECK_AFTER, VatNumberState
from scaicontrol_core.tenancy.vat_register import VatRegister

_PAGE = 200
_SHORTEST_WAIT = timedelta(minutes=5)
_DEFAULT_SECONDS = 60
#: A new or edited profile is looked at by every run for so long; after that by those that look at everybody.
_NEW_FOR = timedelta(days=1)


@frozen(kw_only=True)
class RecheckReport:
    """What a run learned: how many questions got an answer, and which.

    ``silent`` got none, ``unasked`` were not asked for want of time or because their member state
    is busy. ``refused_us`` are the register's codes if it does not talk to us: the operator's to
    mend. ``stopped`` tells that the time was over before everybody was looked at.
    """

    answered: int = 0
    confirmed: int = 0
    refused: int = 0
    silent: int = 0
    unasked: int = 0
    refused_us: frozenset[str] = frozenset()
    stopped: bool = False

    def plus(self, outcomes: tuple[VatCheckOutcome, ...]) -> RecheckReport:
        """Return the report with these counted in."""
        records = [outcome.record for outcome in outcomes if outcome.record is not None]
        moved = [outcome.after for outcome in outcomes if outcome.after is not outcome.before]
        silent = sum(1 for record in records if record.state is VatNumberState.PENDING)
        return evolve(
            self,
            answered=self.answered + len(records) - silent,
            confirmed=self.confirmed + moved.count(VatNumberState.VALID),
            refused=self.refused + moved.count(VatNumberState.INVALID),
            silent=self.silent + silent,
            unasked=self.unasked + len(outcomes) - len(records),
            refused_us=self.refused_us | {outcome.refused_us for outcome in outcomes if outcome.refused_us},
        )


@frozen
class RecheckVatNumbers:
    """Ask about businesses of other member states than their seller's whose evidence is due.

    Due is what was never asked, what was asked in vain (ever less often), and what was answered a
    day ago or longer. One page after the other, member states side by side; one that is busy is
    left alone for the rest of the run and holds up no other. Does nothing without a register.
    """

    work: UnitOfWorkFactory[VatCheckingWork]
    clock: Clock
    ids: Ids
    retry: Retry
    vat_register: VatRegister
    vat_numbers: VatNumberCheck

    async def __call__(
        self, actor: Actor, *, everybody: bool = False, seconds: int = _DEFAULT_SECONDS
    ) -> RecheckReport:
        """Run for so many seconds at most, and report.

        ``everybody`` also looks at those who were never asked and did not change for a day, of
        whom most buy at home and never will be.
        """
        actor.require(Permission.ADMIN_TENANTS)
        report = RecheckReport()
        if not self.vat_register.is_on:
            return report
        asking = VatChecking(
            work=self.work, register=self.vat_register, clock=self.clock, ids=self.ids, retry=self.retry
        )
        now = self.clock.now()
        busy: set[str] = set()
        after: TenantId | None = None
        while True:
            left = seconds - int((self.clock.now() - now).total_seconds())
            if left <= 0:
                return evolve(report, stopped=True)
            due, last = await self._page(actor, now, everybody=everybody, after=after)
            quiet = tuple(check for check in due if _state(check) in busy)
            outcomes = await asking.ask(actor, [check for check in due if check not in quiet], seconds=left)
            report = report.plus((*outcomes, *(VatCheckOutcome(check=check) for check in quiet)))
            busy |= {_state(each.check) for each in outcomes if _is_silent(each)}
            if last is None or report.refused_us:
                return report
            after = last

    async def _page(
        self, actor: Actor, now: datetime, *, everybody: bool, after: TenantId | None
    ) -> tuple[tuple[VatCheck, ...], TenantId | None]:
        """Return what is due on the next page, and the last tenant of it if there may be another."""
        wanted = UncheckedFilter(
            answered_before=now - RECHECK_AFTER,
            asked_before=now - _SHORTEST_WAIT,
            changed_since=None if everybody else now - _NEW_FOR,
        )

        async def attempt() -> tuple[tuple[VatCheck, ...], TenantId | None]:
            async with self.work.begin(actor, read_only=True) as work:
                page = await work.billing_profiles.unchecked(wanted, after=after, limit=_PAGE)
                sellers = await sellers_of(work, [profile.partner_id for profile in page])
            checks = [due_check(each, sellers[each.partner_id], self.vat_numbers, now) for each in page]
            last = page[-1].tenant_id if len(page) == _PAGE else None
            return tuple(check for check in checks if check is not None), last

        return await self.retry(attempt)


def _state(check: VatCheck) -> str:
    return check.question.vat_number[:2]


def _is_silent(outcome: VatCheckOutcome) -> bool:
    return outcome.record is not None and outcome.record.state is VatNumberState.PENDING
