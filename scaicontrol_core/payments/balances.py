"""What one customer owes each of its sellers, and what it has to its credit. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from attrs import evolve, frozen

from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.payments.receivable import Receivable


@frozen(kw_only=True)
class Balance:
    """A customer's account with one seller in one currency, in minor units.

    ``overdue_cents`` is the part of ``open_cents`` whose due date has passed; ``credit_cents`` was paid or
    credited beyond what was owed, and is in neither.
    """

    seller_id: PartnerId
    currency: str
    open_cents: int = 0
    overdue_cents: int = 0
    credit_cents: int = 0


def balances_of(items: Iterable[Receivable], todays: Mapping[PartnerId, date]) -> tuple[Balance, ...]:
    """Return the balances by seller and currency; ``todays`` are the sellers' local days."""
    found: dict[tuple[PartnerId, str], Balance] = {}
    for item in items:
        key = item.seller_id, item.currency
        balance = found.get(key) or Balance(seller_id=item.seller_id, currency=item.currency)
        owed, is_late = max(item.stated_cents, 0), item.due_date < todays[item.seller_id]
        found[key] = evolve(
            balance,
            open_cents=balance.open_cents + owed,
            overdue_cents=balance.overdue_cents + (owed if is_late else 0),
            credit_cents=balance.credit_cents + max(-item.stated_cents, 0),
        )
    return tuple(found[key] for key in sorted(found))
