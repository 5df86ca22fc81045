"""What the template of a statement of account sees, read from the statement's own document."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scaicontrol_core.documents.branding import Branding, branding_of
from scaicontrol_core.documents.composing import buyer_context, reading, seller_context
from scaicontrol_core.documents.context import BuyerContext, DateSpan, SellerContext
from scaicontrol_core.documents.labels import Labels
from scaicontrol_core.documents.wording import labels_for
from scaicontrol_core.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Mapping


@frozen(kw_only=True)
class StatementHead:
    """What the frame of every document asks for; a statement has no number of its own."""

    title: str
    issue_date: date
    period: DateSpan
    language: str
    number: None = None
    buyer_reference: None = None
    is_draft: bool = False


@frozen(kw_only=True)
class StatementLine:
    """One entry: what was charged, or what was credited or paid, and the balance after it."""

    day: date
    number: str
    title: str
    due_date: date | None
    overdue: bool
    charged: Money | None
    settled: Money | None
    balance: Money


@frozen(kw_only=True)
class AccountContext:
    """All entries in one currency."""

    currency: str
    opening: Money
    entries: tuple[StatementLine, ...]
    charged: Money
    settled: Money
    closing: Money


@frozen(kw_only=True)
class StatementContext:
    """Everything a statement's template may name."""

    seller: SellerContext
    buyer: BuyerContext
    document: StatementHead
    accounts: tuple[AccountContext, ...]
    branding: Branding
    labels: Labels


def statement_context(document: Mapping[str, Any]) -> StatementContext:
    """Read a statement (``Statement.to_dict``); raises ``DocumentUnreadable`` naming what is missing."""
    with reading():
        labels = labels_for(document["language"])
        seller = document["seller"]
        first, last = date.fromisoformat(document["period_start"]), date.fromisoformat(document["period_last_day"])
        return StatementContext(
            seller=seller_context(seller),
            buyer=buyer_context(document["buyer"]),
            document=StatementHead(
                title=labels.statement,
                issue_date=date.fromisoformat(document["issue_date"]),
                period=DateSpan(first, last),
                language=labels.language,
            ),
            accounts=tuple(_account(account, labels) for account in document["accounts"]),
            branding=branding_of(seller),
            labels=labels,
        )


def _account(facts: Mapping[str, Any], labels: Labels) -> AccountContext:
    currency: str = facts["currency"]
    return AccountContext(
        currency=currency,
        opening=Money(facts["opening_cents"], currency),
        entries=tuple(_line(entry, currency, labels) for entry in facts["entries"]),
        charged=Money(facts["charged_cents"], currency),
        settled=Money(facts["settled_cents"], currency),
        closing=Money(facts["closing_cents"], currency),
    )


def _line(facts: Mapping[str, Any], currency: str, labels: Labels) -> StatementLine:
    titles = {
        "invoice": f"{labels.invoice} {facts['number']}",
        "credit_note": f"{labels.credit_note} {facts['number']}",
        "payment": labels.payment_for.format(number=facts["number"]),
        "refund": labels.refund_of.format(number=facts["number"]),
        "chargeback": labels.chargeback_of.format(number=facts["number"]),
        "cancellation": labels.cancellation_of.format(number=facts["number"]),
    }
    amount = facts["amount_cents"]
    return StatementLine(
        day=date.fromisoformat(facts["date"]),
        number=facts["number"],
        title=titles[facts["kind"]],
        due_date=date.fromisoformat(facts["due_date"]) if facts["due_date"] else None,
        overdue=facts["overdue"],
        charged=Money(amount, currency) if amount > 0 else None,
        settled=Money(-amount, currency) if amount <= 0 else None,
        balance=Money(facts["balance_cents"], currency),
    )
