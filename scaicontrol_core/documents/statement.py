"""Statements of account: what a customer was charged, what was credited or paid, and what is left.

Pure, from invoices and payments alone. Amounts are minor units of their account's currency; what is charged
is positive, what is credited or paid negative, and a positive balance is owed to the seller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from itertools import accumulate
from typing import Any

from attrs import evolve, frozen

from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.lifecycle import DocumentType, InvoiceStatus
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.period import local_date
from scaicontrol_core.payments.payment import Payment

SCHEMA = "scaicontrol.statement/1"


class EntryKind(StrEnum):
    """What moved the balance, in the order that things of one day are listed."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    CANCELLATION = "cancellation"


_ORDER = {kind: place for place, kind in enumerate(EntryKind)}


@frozen(kw_only=True)
class StatementPeriod:
    """From the first day to the last, both included."""

    first: date
    last: date

    def __attrs_post_init__(self) -> None:
        """Refuse a period that ends before it begins: ``Invalid`` (``period_invalid``)."""
        if self.last < self.first:
            raise Invalid.field("/to", "The last day lies before the first.", code="period_invalid")


@frozen(kw_only=True)
class StatementEntry:
    """One movement; ``number`` is that of the invoice or credit note it is about."""

    day: date
    kind: EntryKind
    number: str
    currency: str
    amount_cents: int
    due_date: date | None = None
    overdue: bool = False


@frozen(kw_only=True)
class Account:
    """The movements of a period in one currency, and the balances around them."""

    currency: str
    opening_cents: int
    entries: tuple[StatementEntry, ...]

    @property
    def balances(self) -> tuple[int, ...]:
        """The balance after each entry."""
        return tuple(accumulate((entry.amount_cents for entry in self.entries), initial=self.opening_cents))[1:]

    @property
    def charged_cents(self) -> int:
        """What was charged in the period."""
        return sum(entry.amount_cents for entry in self.entries if entry.amount_cents > 0)

    @property
    def settled_cents(self) -> int:
        """What was credited, paid or cancelled in the period."""
        return -sum(entry.amount_cents for entry in self.entries if entry.amount_cents < 0)

    @property
    def closing_cents(self) -> int:
        """The balance at the end."""
        return self.opening_cents + self.charged_cents - self.settled_cents

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "currency": self.currency,
            "opening_cents": self.opening_cents,
            "charged_cents": self.charged_cents,
            "settled_cents": self.settled_cents,
            "closing_cents": self.closing_cents,
            "entries": [
                {
                    "date": entry.day.isoformat(),
                    "kind": entry.kind.value,
                    "number": entry.number,
                    "amount_cents": entry.amount_cents,
                    "balance_cents": balance,
                    "due_date": entry.due_date.isoformat() if entry.due_date else None,
                    "overdue": entry.overdue,
                }
                for entry, balance in zip(self.entries, self.balances, strict=True)
            ],
        }


@frozen(kw_only=True)
class Statement:
    """One seller's accounts with one customer over a period; ``seller`` and ``buyer`` are snapshots of today."""

    issue_date: date
    language: str
    period: StatementPeriod
    seller: Mapping[str, Any]
    buyer: Mapping[str, Any]
    accounts: tuple[Account, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the document that a renderer reads and an answer shows."""
        return {
            "schema": SCHEMA,
            "document_type": "statement",
            "issue_date": self.issue_date.isoformat(),
            "language": self.language,
            "period_start": self.period.first.isoformat(),
            "period_last_day": self.period.last.isoformat(),
            "seller": dict(self.seller),
            "buyer": dict(self.buyer),
            "accounts": [account.to_dict() for account in self.accounts],
        }


def entries_of(invoice: Invoice, payments: Iterable[Payment], timezone: str) -> tuple[StatementEntry, ...]:
    """Return what a numbered document did to the balance, what was paid for it, and what was given back.

    A voided one was charged on its day and is taken back on the day it was voided: what a customer
    has in hand is never passed over in silence. Days are the seller's (``timezone``).
    """
    if invoice.number is None or invoice.issue_date is None:
        return ()
    is_note = invoice.document_type is DocumentType.CREDIT_NOTE
    issued = StatementEntry(
        day=invoice.issue_date,
        kind=EntryKind.CREDIT_NOTE if is_note else EntryKind.INVOICE,
        number=invoice.number,
        currency=invoice.currency,
        amount_cents=invoice.gross_cents,
        due_date=None if is_note else invoice.due_date,
        overdue=invoice.status is InvoiceStatus.PAST_DUE,
    )
    after = evolve(issued, due_date=None, overdue=False)
    moved = tuple(
        evolve(after, day=each.received_on, kind=EntryKind(each.kind.value), amount_cents=-each.signed_cents)
        for each in payments
        if each.counts
    )
    if invoice.voided_at is None:
        return (issued, *moved)
    voided_on = local_date(invoice.voided_at, timezone)
    return (
        issued,
        *moved,
        evolve(after, day=voided_on, kind=EntryKind.CANCELLATION, amount_cents=-issued.amount_cents),
    )


def accounts_of(entries: Iterable[StatementEntry], period: StatementPeriod, *, currency: str) -> tuple[Account, ...]:
    """Return an account per currency in which something ever moved; ``currency``'s where nothing did.

    What moved before the period is in the opening balance; what moved after it is not in it at all.
    """
    by_currency: dict[str, list[StatementEntry]] = defaultdict(list)
    for entry in entries:
        if entry.day <= period.last:
            by_currency[entry.currency].append(entry)
    if not by_currency:
        by_currency[currency] = []
    return tuple(_account(name, by_currency[name], period) for name in sorted(by_currency))


def _account(currency: str, entries: Sequence[StatementEntry], period: StatementPeriod) -> Account:
    within = [entry for entry in entries if entry.day >= period.first]
    return Account(
        currency=currency,
        opening_cents=sum(entry.amount_cents for entry in entries if entry.day < period.first),
        entries=tuple(sorted(within, key=lambda entry: (entry.day, _ORDER[entry.kind], entry.number))),
    )
