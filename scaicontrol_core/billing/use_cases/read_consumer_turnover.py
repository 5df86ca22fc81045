"""Read how far a seller is from the line of EUR 10,000."""

from __future__ import annotations

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.billing.ports import BillingWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tax import B2C_THRESHOLD_CENTS


@frozen(kw_only=True)
class ConsumerTurnoverReport:
    """One seller's calendar year, in euro cents: invoiced here, declared from elsewhere, and last year's.

    ``applies`` is False for a seller in the One Stop Shop, whose sales are taxed at their
    destination from the first cent.
    """

    seller_id: PartnerId
    year: int
    applies: bool
    invoiced_cents: int
    declared_cents: int
    last_year_cents: int
    threshold_cents: int = B2C_THRESHOLD_CENTS

    @property
    def turnover_cents(self) -> int:
        """This year's, from here and elsewhere."""
        return self.invoiced_cents + self.declared_cents

    @property
    def is_exceeded(self) -> bool:
        """Tell whether sales are taxed at their destination (Directive 2006/112/EC art. 59c)."""
        return self.applies and max(self.turnover_cents, self.last_year_cents) > self.threshold_cents


@frozen
class ReadConsumerTurnover:
    """Return a seller's turnover with consumers of other member states; ``NotFound`` beyond the scope."""

    work: UnitOfWorkFactory[BillingWork]
    clock: Clock

    async def __call__(self, actor: Actor, seller_id: PartnerId, year: int | None = None) -> ConsumerTurnoverReport:
        """Return that of the year, by default the current one in the seller's zone."""
        actor.require(Permission.ADMIN_BILLING)
        async with self.work.begin(actor, read_only=True) as work:
            seller = await work.partners.get(seller_id)
            wanted = year or local_date(self.clock.now(), seller.configuration.billing_timezone).year
            turnover = await work.consumer_turnovers.get(seller_id, wanted)
        return ConsumerTurnoverReport(
            seller_id=seller_id,
            year=wanted,
            applies=not seller.configuration.oss_registered,
            invoiced_cents=turnover.net_cents,
            declared_cents=seller.configuration.b2c_cross_border_turnover_cents,
            last_year_cents=turnover.last_year_cents + seller.configuration.b2c_cross_border_turnover_last_year_cents,
        )
