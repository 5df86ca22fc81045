"""Recurring revenue month by month: where it came from, where it went, and who left.

Customers are counted, not subscriptions: what one customer's subscriptions come to is added up
day by day, and a day's difference is one movement. In a breakdown each plan or country is a book
of its own, so a customer who changes plans leaves one and is new to the other. Amounts are minor
units a month; losses are negative, so that start plus movements is the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby

from attrs import define, field, frozen

from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.money import round_half_away
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.subscriptions.recurrence import RecurrenceRow
from scaicontrol_core.subscriptions.recurring_level import LevelChange, PriceLists, level_changes

_WHOLE = 10_000
_NOWHERE = "–"


class Dimension(StrEnum):
    """What a book is about."""

    ALL = "all"
    PLAN = "plan"
    COUNTRY = "country"


@frozen(order=True)
class BookKey:
    """One book: a month's number in the report, the currency, and what part of the revenue it is about."""

    month: int
    currency: str
    dimension: Dimension = Dimension.ALL
    name: str = ""


@define
class Book:
    """A month's sums while customers are added up; see ``RevenueMonth`` for the words."""

    start_cents: int = 0
    new_cents: int = 0
    expansion_cents: int = 0
    contraction_cents: int = 0
    churned_cents: int = 0
    reactivated_cents: int = 0
    end_cents: int = 0
    customers_at_start: int = 0
    customers_new: int = 0
    customers_reactivated: int = 0
    customers_churned: int = 0
    customers_at_end: int = 0
    customers_lost: int = 0
    kept_cents: int = 0
    """Of the revenue at the start, what the same customers still bring, no more than they did."""
    grown_cents: int = 0
    """What the customers of the start bring at the end."""

    def count(self, before: int, moves: Sequence[int], *, paid_ever: bool) -> bool:
        """Add one customer: its level before the month, and after each day on which it changed.

        Returns whether it has ever paid by the end of the month.
        """
        self.start_cents += before
        self.customers_at_start += before > 0
        level = before
        for after in moves:
            self._move(level, after, paid_ever=paid_ever)
            paid_ever = paid_ever or after > 0
            level = after
        self.end_cents += level
        self.customers_at_end += level > 0
        if before > 0:
            self.customers_lost += level == 0
            self.kept_cents += min(before, level)
            self.grown_cents += level
        return paid_ever

    def _move(self, before: int, after: int, *, paid_ever: bool) -> None:
        difference = after - before
        if before == 0 and after > 0 and paid_ever:
            self.reactivated_cents += difference
            self.customers_reactivated += 1
        elif before == 0 and after > 0:
            self.new_cents += difference
            self.customers_new += 1
        elif after == 0 and before > 0:
            self.churned_cents += difference
            self.customers_churned += 1
        elif difference > 0:
            self.expansion_cents += difference
        else:
            self.contraction_cents += difference


@frozen(kw_only=True)
class RevenuePart:
    """A plan's or a country's part of a month; ``name`` is a plan's key, ``pack:`` and a slug, or a country."""

    name: str
    start_cents: int
    new_cents: int
    expansion_cents: int
    contraction_cents: int
    churned_cents: int
    reactivated_cents: int
    end_cents: int
    customers_at_end: int


@frozen(kw_only=True)
class RevenueMonth:
    """One month in one currency.

    ``logo_churn_bp``: of the customers at the start, how many pay nothing at the end.
    ``revenue_churn_bp``: of the revenue at the start, how much its customers no longer bring.
    ``net_retention_bp``: what they bring at the end, growth included. All in basis points of
    the start, None where that is nothing. ``arpa_cents`` is the revenue at the end per customer.
    """

    month: str
    currency: str
    start_cents: int
    new_cents: int
    expansion_cents: int
    contraction_cents: int
    churned_cents: int
    reactivated_cents: int
    end_cents: int
    customers_at_start: int
    customers_new: int
    customers_reactivated: int
    customers_churned: int
    customers_at_end: int
    customers_lost: int
    logo_churn_bp: int | None
    revenue_churn_bp: int | None
    net_retention_bp: int | None
    arpa_cents: int | None
    by_plan: tuple[RevenuePart, ...]
    by_country: tuple[RevenuePart, ...]


@frozen(kw_only=True)
class RevenueReport:
    """Months of one seller, up to and with the local day ``as_of``; ``final`` once the period is over."""

    period: str
    seller_id: PartnerId
    seller_name: str
    partner_id: PartnerId | None
    timezone: str
    as_of: date
    final: bool
    generated_at: datetime
    months: tuple[RevenueMonth, ...] = ()


@frozen
class RevenueBooks:
    """All books of a report, filled customer by customer; ``until`` is the first day that is not looked at."""

    seller_id: PartnerId
    months: tuple[Period, ...]
    until: date
    lists: PriceLists
    partner_id: PartnerId | None = None
    books: dict[BookKey, Book] = field(factory=dict)

    def add_customer(self, rows: Iterable[RecurrenceRow]) -> None:
        """Count a customer by all rows of its subscriptions, in order of subscription and version."""
        changes = [
            (change, key)
            for key, own in groupby(rows, key=lambda row: row.subscription_id)
            for change in level_changes(list(own), self.lists, self.until)
        ]
        changes.sort(key=lambda each: each[0].day)
        levels: dict[BookKey, list[tuple[date, int]]] = {}
        now: dict[BookKey, int] = {}
        held: dict[str, tuple[tuple[BookKey, ...], int]] = {}
        for day, moved in groupby(changes, key=lambda each: each[0].day):
            touched: set[BookKey] = set()
            for change, subscription_id in moved:
                before, gone = held.get(subscription_id, ((), 0))
                after, come = self._counted(change)
                held[subscription_id] = (after, come)
                for key in before:
                    now[key] -= gone
                for key in after:
                    now[key] = now.get(key, 0) + come
                touched.update(before, after)
            for key in touched:
                levels.setdefault(key, []).append((day, now[key]))
        for key, line in levels.items():
            self._count(key, line)

    def rows(self) -> tuple[RevenueMonth, ...]:
        """Return the months, by time and currency; a currency that never had revenue is left out."""
        whole = sorted(key for key in self.books if key.dimension is Dimension.ALL)
        return tuple(self._month(key) for key in whole)

    def _counted(self, change: LevelChange) -> tuple[tuple[BookKey, ...], int]:
        row, level = change.row, change.level
        own = row.seller_id == self.seller_id and self.partner_id in (None, row.partner_id)
        if level is None or not own:
            return (), 0
        keys = (
            BookKey(0, level.currency),
            BookKey(0, level.currency, Dimension.PLAN, level.sold),
            BookKey(0, level.currency, Dimension.COUNTRY, row.country or _NOWHERE),
        )
        return keys, level.cents

    def _count(self, key: BookKey, line: Sequence[tuple[date, int]]) -> None:
        earlier = [cents for day, cents in line if day < self.months[0].start]
        before, paid_ever = (earlier[-1] if earlier else 0), any(cents > 0 for cents in earlier)
        for number, month in enumerate(self.months):
            moves = [cents for day, cents in line if day in month]
            if before or any(moves):
                own = BookKey(number, key.currency, key.dimension, key.name)
                paid_ever = self.books.setdefault(own, Book()).count(before, moves, paid_ever=paid_ever)
            before = moves[-1] if moves else before

    def _month(self, key: BookKey) -> RevenueMonth:
        book, month = self.books[key], self.months[key.month]
        return RevenueMonth(
            month=f"{month.start:%Y-%m}",
            currency=key.currency,
            **_sums(book),
            customers_at_start=book.customers_at_start,
            customers_new=book.customers_new,
            customers_reactivated=book.customers_reactivated,
            customers_churned=book.customers_churned,
            customers_at_end=book.customers_at_end,
            customers_lost=book.customers_lost,
            logo_churn_bp=_share(book.customers_lost, book.customers_at_start),
            revenue_churn_bp=_share(book.start_cents - book.kept_cents, book.start_cents),
            net_retention_bp=_share(book.grown_cents, book.start_cents),
            arpa_cents=round_half_away(book.end_cents, book.customers_at_end) if book.customers_at_end else None,
            by_plan=tuple(self._parts(key, Dimension.PLAN)),
            by_country=tuple(self._parts(key, Dimension.COUNTRY)),
        )

    def _parts(self, whole: BookKey, dimension: Dimension) -> Iterator[RevenuePart]:
        for key in sorted(self.books):
            if (key.month, key.currency, key.dimension) == (whole.month, whole.currency, dimension):
                book = self.books[key]
                yield RevenuePart(name=key.name, **_sums(book), customers_at_end=book.customers_at_end)


def _sums(book: Book) -> Mapping[str, int]:
    return {
        "start_cents": book.start_cents,
        "new_cents": book.new_cents,
        "expansion_cents": book.expansion_cents,
        "contraction_cents": book.contraction_cents,
        "churned_cents": book.churned_cents,
        "reactivated_cents": book.reactivated_cents,
        "end_cents": book.end_cents,
    }


def _share(part: int, whole: int) -> int | None:
    return round_half_away(part * _WHOLE, whole) if whole else None
