"""How old a seller's receivables are: what customers owe by days past due, and what stands to their credit. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

from attrs import evolve, frozen

from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.payments.receivable import Receivable


class Age(StrEnum):
    """By how many days the due date has passed; on the due date itself nothing is late."""

    NOT_DUE = "not_due_cents"
    DAYS_1_30 = "days_1_30_cents"
    DAYS_31_60 = "days_31_60_cents"
    DAYS_61_90 = "days_61_90_cents"
    OVER_90 = "over_90_cents"


_UP_TO = ((0, Age.NOT_DUE), (30, Age.DAYS_1_30), (60, Age.DAYS_31_60), (90, Age.DAYS_61_90))


def age_of(due_date: date, day: date) -> Age:
    """Return how late something due is on a day."""
    late = (day - due_date).days
    return next((age for most, age in _UP_TO if late <= most), Age.OVER_90)


@frozen(kw_only=True)
class Aged:
    """Open amounts by age, in minor units of ``currency``; ``credit_cents`` is the customers', and in no other sum."""

    currency: str
    invoices: int = 0
    not_due_cents: int = 0
    days_1_30_cents: int = 0
    days_31_60_cents: int = 0
    days_61_90_cents: int = 0
    over_90_cents: int = 0
    open_cents: int = 0
    credit_cents: int = 0


@frozen(kw_only=True)
class AgedBuyer(Aged):
    """What one customer, a tenant or a partner, owes in one currency."""

    tenant_id: TenantId | None
    buyer_partner_id: PartnerId | None
    buyer_name: str


@frozen(kw_only=True)
class AgeingReport:
    """A seller's receivables at the end of a day of its own, by customer and currency.

    ``ties``: every balance is what its invoice says; None for a day that is past, when invoices
    may have said something else.
    """

    seller_id: PartnerId
    seller_name: str
    as_of: date
    rows: tuple[AgedBuyer, ...]
    totals: tuple[Aged, ...]
    ties: bool | None


def aged_buyers(items: Iterable[Receivable], day: date, names: Mapping[str, str]) -> tuple[AgedBuyer, ...]:
    """Return a row for every customer and currency in which something is open, by name; ``names`` are those by id."""
    rows: dict[tuple[str, str], AgedBuyer] = {}
    for item in items:
        buyer_id = item.tenant_id or item.buyer_partner_id or ""
        row = rows.get((buyer_id, item.currency)) or AgedBuyer(
            tenant_id=item.tenant_id,
            buyer_partner_id=item.buyer_partner_id,
            buyer_name=names.get(buyer_id, buyer_id),
            currency=item.currency,
        )
        if item.balance_cents:
            rows[buyer_id, item.currency] = _with(row, item, day)
    return tuple(rows[key] for key in sorted(rows, key=lambda key: (rows[key].buyer_name.casefold(), key)))


def _with(row: AgedBuyer, item: Receivable, day: date) -> AgedBuyer:
    if item.balance_cents < 0:
        return evolve(row, credit_cents=row.credit_cents - item.balance_cents)
    age = age_of(item.due_date, day).value
    return evolve(
        row,
        invoices=row.invoices + 1,
        open_cents=row.open_cents + item.balance_cents,
        **{age: getattr(row, age) + item.balance_cents},
    )


_SUMS = ("invoices", "open_cents", "credit_cents", *(age.value for age in Age))


def totals_of(rows: Iterable[Aged]) -> tuple[Aged, ...]:
    """Return the sums of all rows, by currency."""
    totals: dict[str, Aged] = {}
    for row in rows:
        sums = totals.get(row.currency) or Aged(currency=row.currency)
        totals[row.currency] = evolve(sums, **{name: getattr(sums, name) + getattr(row, name) for name in _SUMS})
    return tuple(totals[currency] for currency in sorted(totals))
