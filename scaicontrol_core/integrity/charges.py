"""Every period is charged once, within the subscription's life, and for what its invoice says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeAlias

from attrs import define, field, frozen

from scaicontrol_core.billing.ledger import BilledPeriod, ChargeKind
from scaicontrol_core.integrity.finding import Finding, IntegrityRule
from scaicontrol_core.kernel.ids import InvoiceId, SubscriptionId
from scaicontrol_core.kernel.period import local_date

if TYPE_CHECKING:
    from scaicontrol_core.kernel.ids import PartnerId

#: Where an entry of the ledger stands in its order.
LedgerKey: TypeAlias = tuple[SubscriptionId, ChargeKind, int]
#: What a sum of charges is for; lines of what is charged once have no period.
ChargeKey: TypeAlias = tuple[InvoiceId, SubscriptionId, date | None, date | None]


@frozen(kw_only=True)
class LedgerEntry:
    """An entry of the ledger with the end of its subscription (UTC), if it is over."""

    billed: BilledPeriod
    ended_at: datetime | None

    @property
    def key(self) -> LedgerKey:
        """Where it stands in the ledger's order."""
        return self.billed.subscription_id, self.billed.charge_kind, self.billed.ordinal


@define
class LedgerWalk:
    """Walks the ledger in the order of its keys, fed in pages; ``timezones`` are those of partners' sellers."""

    timezones: Mapping[PartnerId, str]
    entries: int = field(default=0, init=False)
    findings: list[Finding] = field(factory=list, init=False)
    last: LedgerEntry | None = field(default=None, init=False)

    def step(self, entry: LedgerEntry) -> None:
        """Look at the next entry."""
        billed, before = entry.billed, self.last
        self.entries += 1
        self.last = entry
        # Adjustments are about parts of periods: a credit and a charge cover the same days.
        follows = (
            before is not None and before.key[:2] == entry.key[:2] and billed.charge_kind is not ChargeKind.ADJUSTMENT
        )
        if before is not None and follows and billed.period_start < before.billed.period_end:
            self._note(
                IntegrityRule.PERIODS_BILLED_ONCE,
                billed,
                f"overlaps period {before.billed.ordinal}, which ends on {before.billed.period_end}",
            )
        if entry.ended_at is not None:
            over = local_date(entry.ended_at, self.timezones[billed.partner_id])
            if billed.period_start > over:
                self._note(IntegrityRule.NOTHING_AFTER_THE_END, billed, f"begins after the end, {over}")

    def of(self, rule: IntegrityRule) -> tuple[Finding, ...]:
        """Return what was found against one rule."""
        return tuple(finding for finding in self.findings if finding.rule is rule)

    def _note(self, rule: IntegrityRule, billed: BilledPeriod, fault: str) -> None:
        named = f"{billed.charge_kind.value} period {billed.ordinal} from {billed.period_start}"
        self.findings.append(Finding(rule, "subscription", billed.subscription_id, f"{named} {fault}"))


def charge_findings(
    charged: Sequence[BilledPeriod], invoiced: Mapping[ChargeKey, int], untouched: frozenset[InvoiceId]
) -> Iterator[Finding]:
    """Yield entries of the ledger that their invoices contradict; minor units.

    ``invoiced`` sums the lines by invoice, subscription and period. Only ``untouched`` invoices
    are compared: a draft's lines may be edited before it gets its number.
    """
    sums: dict[ChargeKey, int] = {}
    for each in charged:
        if each.invoice_id in untouched:
            key: ChargeKey = (each.invoice_id, each.subscription_id, each.period_start, each.period_end)
            sums[key] = sums.get(key, 0) + each.net_cents
    for key, net_cents in sums.items():
        invoice_id, subscription_id, start, end = key
        stated = invoiced.get(key, invoiced.get((invoice_id, subscription_id, None, None), 0))
        if stated != net_cents:
            fault = f"{start} to {end} of {subscription_id} was charged {net_cents}, its lines sum to {stated}"
            yield Finding(IntegrityRule.CHARGES_ON_INVOICES, "invoice", invoice_id, fault)
