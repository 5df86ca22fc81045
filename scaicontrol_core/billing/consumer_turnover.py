"""What a seller invoices to consumers of other member states in a calendar year: EUR 10,000 is the line.

Directive 2006/112/EC art. 59c: up to it the seller's own VAT applies, the sale that crosses it
is taxed at its destination. Documents are counted while they are numbered, under a lock, so no
two sales can both be the last one below. Sellers in the One Stop Shop have no line to watch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from attrs import define, evolve, field, frozen

from scaicontrol_core.billing.facts import Prepared
from scaicontrol_core.billing.freezing import prepare
from scaicontrol_core.kernel.events import Event
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.tax import B2C_THRESHOLD_CENTS, Treatment
from scaicontrol_core.tax.exemptions import SMALL_BUSINESS_ABROAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaicontrol_core.billing.frozen_document import FrozenDocument
    from scaicontrol_core.billing.ports import BillingWork

#: Only sales to consumers of other member states end with one of these.
_ACROSS = frozenset({Treatment.SELLER_COUNTRY.value, Treatment.DESTINATION.value})
_EURO = "EUR"
_NEAR_PERCENT, _WHOLE_PERCENT = 80, 100


@frozen(kw_only=True)
class ConsumerTurnoverReached(Event):
    """A seller's turnover reached ``percent`` (80 or 100) of the line in the calendar ``year``."""

    action: ClassVar[str] = "partner.consumer_turnover_reached"
    resource_type: ClassVar[str] = "partner"

    year: int
    percent: int
    turnover_cents: int


@define(kw_only=True, eq=False)
class ConsumerTurnover:
    """One seller's turnover of one year, net, in euro cents, as far as it was invoiced here.

    Credit notes and voided documents do not lower it: a line once crossed stays crossed. It is a
    counter: the invoices say why it grew, and only reaching the line is told by itself.
    """

    seller_id: PartnerId
    year: int
    net_cents: int = 0
    last_year_cents: int = 0
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    def count(self, net_cents: int, *, declared_cents: int) -> None:
        """Add a document; ``declared_cents`` is what the seller declared to have sold elsewhere."""
        before = self.net_cents + declared_cents
        self.net_cents += net_cents
        after = self.net_cents + declared_cents
        for percent in (_NEAR_PERCENT, _WHOLE_PERCENT):
            line = B2C_THRESHOLD_CENTS * percent // _WHOLE_PERCENT
            if before <= line < after:
                self._events.append(
                    ConsumerTurnoverReached(
                        resource_id=self.seller_id,
                        partner_id=self.seller_id,
                        ordinal=self.year,
                        changes={"consumer_turnover_cents": (before, after)},
                        year=self.year,
                        percent=percent,
                        turnover_cents=after,
                    )
                )

    def collect_events(self) -> tuple[Event, ...]:
        """Return the warnings since the last call, and forget them."""
        events = tuple(self._events)
        self._events.clear()
        return events


def consumer_net_cents(document: FrozenDocument) -> int:
    """Return what a document adds, in euro cents; nothing if neither it nor its seller counts in euro."""
    taxable = [entry["taxable_cents"] for entry in document.vat_entries]
    accounting = document.vat_accounting
    if document.currency != _EURO:
        if accounting is None or accounting["currency"] != _EURO:
            return 0
        taxable = [entry["taxable_cents"] for entry in accounting["entries"]]
    rows = zip(document.vat_entries, taxable, strict=True)
    return sum(net for entry, net in rows if _is_across(entry))


#: By seller and calendar year.
Turnovers: TypeAlias = dict[tuple[PartnerId, int], ConsumerTurnover]


@define
class TurnoverCount:
    """Decides documents with their seller's turnover as it stands, and counts them, within one unit of work.

    With ``keep`` the turnovers are locked until it ends; without, they are only read (previews).
    """

    work: BillingWork
    keep: bool = True
    known: Turnovers = field(factory=dict)

    async def decided(self, prepared: Prepared) -> Prepared:
        """Return the document, decided anew if the turnover matters to it."""
        if not _matters(prepared):
            return prepared
        turnover = await self._turnover(prepared)
        facts = evolve(
            prepared.facts, turnover_cents=turnover.net_cents, turnover_last_year_cents=turnover.last_year_cents
        )
        return prepare(facts, prepared.document.issue_date)

    async def count(self, prepared: Prepared) -> None:
        """Count a document that was numbered (or, in a preview, would be)."""
        if _matters(prepared):
            turnover = await self._turnover(prepared)
            declared = prepared.facts.seller.configuration.b2c_cross_border_turnover_cents
            turnover.count(consumer_net_cents(prepared.document), declared_cents=declared)

    async def counted(self, prepared: Prepared) -> Prepared:
        """Decide it, count it, return it."""
        decided = await self.decided(prepared)
        await self.count(decided)
        return decided

    async def save(self) -> None:
        """Write what was counted."""
        for turnover in self.known.values():
            await self.work.consumer_turnovers.save(turnover)

    async def _turnover(self, prepared: Prepared) -> ConsumerTurnover:
        key = (prepared.facts.seller.id, prepared.document.issue_date.year)
        if key not in self.known:
            turnovers = self.work.consumer_turnovers
            self.known[key] = await (turnovers.lock(*key) if self.keep else turnovers.get(*key))
        return self.known[key]


def _matters(prepared: Prepared) -> bool:
    if prepared.facts.seller.configuration.oss_registered:
        return False
    return any(_is_across(entry) for entry in prepared.document.vat_entries)


def _is_across(entry: Mapping[str, Any]) -> bool:
    """Tell whether a group is sold to consumers of other member states; a small business charges some no VAT."""
    return entry["treatment"] in _ACROSS or entry.get("rule") == SMALL_BUSINESS_ABROAD
