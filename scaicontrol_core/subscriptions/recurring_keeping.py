"""Writing down what recurs, in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.subscriptions.recurrence import Changed, RecurrenceRow
from scaicontrol_core.tenancy.selling import seller_for

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from scaicontrol_core.kernel.ids import PartnerId, TenantId
    from scaicontrol_core.tenancy.ports import BillingProfiles
    from scaicontrol_core.tenancy.selling import Sellers


class Recurrences(Protocol):
    """The append-only history of what recurs."""

    async def add_many(self, rows: Sequence[RecurrenceRow]) -> None:
        """Append."""
        ...

    async def of_next_tenants(
        self, seller_id: PartnerId, *, partner_id: PartnerId | None, before: date, after: TenantId | None, tenants: int
    ) -> Sequence[RecurrenceRow]:
        """Return the rows before a day of the next tenants that were ever the seller's, whoever's they were since.

        By tenant, subscription and version; ``after`` is the last tenant of the page before.
        """
        ...

    async def known(self, subscription_ids: Collection[str]) -> Collection[str]:
        """Return those of the ids that have a row."""
        ...


class KeepsRecurrences(Protocol):
    """What of a unit of work is needed to write it down."""

    @property
    def recurrences(self) -> Recurrences:
        """The history."""
        ...

    @property
    def sellers(self) -> Sellers:
        """The sellers."""
        ...

    @property
    def billing_profiles(self) -> BillingProfiles:
        """The customers' countries."""
        ...


async def keep_recurrences(work: KeepsRecurrences, changed: Sequence[Changed], now: datetime) -> None:
    """Append one row for each: the last of each subscription and version, on its seller's local day."""
    latest = {(each.subscription_id, each.version): each for each in changed}
    if not latest:
        return
    tenant_ids = tuple(dict.fromkeys(each.tenant_id for each in latest.values()))
    profiles = await work.billing_profiles.of_tenants(tenant_ids)
    sellers = {}
    for partner_id in dict.fromkeys(each.partner_id for each in latest.values()):
        sellers[partner_id] = seller_for(*await work.sellers.own_and_operator(partner_id))
    rows = []
    for each in latest.values():
        seller, profile = sellers[each.partner_id], profiles.get(each.tenant_id)
        at = each.since or now
        rows.append(
            RecurrenceRow(
                subscription_id=each.subscription_id,
                version=each.version,
                partner_id=each.partner_id,
                tenant_id=each.tenant_id,
                seller_id=seller.id,
                country=profile.details.country_code if profile else None,
                day=local_date(at, seller.configuration.billing_timezone),
                recorded_at=now,
                recurrence=each.recurrence,
            )
        )
    await work.recurrences.add_many(rows)
