"""What the template of a commission statement sees, read from the statement's own document."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
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
class CommissionsHead:
    """What the frame of every document asks for; a statement has no number of its own."""

    title: str
    period: DateSpan
    language: str
    is_draft: bool
    number: None = None
    issue_date: None = None
    buyer_reference: None = None


@frozen(kw_only=True)
class CommissionLine:
    """One document: its net, the rate in percent, and what it earns."""

    day: date
    number: str
    title: str
    customer: str
    net: Money
    rate: Decimal
    commission: Money


@frozen(kw_only=True)
class CommissionsInCurrency:
    """All documents in one currency."""

    currency: str
    lines: tuple[CommissionLine, ...]
    net: Money
    commission: Money


@frozen(kw_only=True)
class CommissionsContext:
    """Everything the template may name: the operator writes, the partner is written to."""

    seller: SellerContext
    buyer: BuyerContext
    document: CommissionsHead
    statements: tuple[CommissionsInCurrency, ...]
    branding: Branding
    labels: Labels


def commissions_context(document: Mapping[str, Any]) -> CommissionsContext:
    """Read a month of commissions; raises ``DocumentUnreadable`` naming what is missing."""
    with reading():
        labels = labels_for(document["language"])
        operator, partner = document["operator"], document["partner"]
        first, last = date.fromisoformat(document["period_start"]), date.fromisoformat(document["period_last_day"])
        return CommissionsContext(
            seller=seller_context(operator),
            buyer=buyer_context(partner | {"company_name": partner["legal_name"], "is_business": True}),
            document=CommissionsHead(
                title=labels.commission_statement,
                period=DateSpan(first, last),
                language=labels.language,
                is_draft=not document["closed"],
            ),
            statements=tuple(_statement(each, labels) for each in document["statements"]),
            branding=branding_of(operator),
            labels=labels,
        )


def _statement(facts: Mapping[str, Any], labels: Labels) -> CommissionsInCurrency:
    currency: str = facts["currency"]
    return CommissionsInCurrency(
        currency=currency,
        lines=tuple(_line(entry, currency, labels) for entry in facts["entries"]),
        net=Money(facts["net_cents"], currency),
        commission=Money(facts["commission_cents"], currency),
    )


def _line(facts: Mapping[str, Any], currency: str, labels: Labels) -> CommissionLine:
    titles = {
        "invoice": f"{labels.invoice} {facts['number']}",
        "credit_note": f"{labels.credit_note} {facts['number']}",
        "cancellation": labels.cancellation_of.format(number=facts["number"]),
    }
    return CommissionLine(
        day=date.fromisoformat(facts["day"]),
        number=facts["number"],
        title=titles[facts["kind"]],
        customer=facts["customer"],
        net=Money(facts["net_cents"], currency),
        rate=Decimal(facts["rate_bp"]) / 100,
        commission=Money(facts["commission_cents"], currency),
    )
