"""Invoice lines: what is charged, how much of it, at which price."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from attrs import field, frozen

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import LineId, SubscriptionId
from scaicontrol_core.kernel.party import clean_text
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice, line_net

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaicontrol_core.kernel.period import Period

MAX_DESCRIPTION = 1000
MAX_NET_CENTS = 10**13
_UNIT_CODE = re.compile(r"[A-Z0-9]{2,3}")
_LEADING_DATE = re.compile(r"\s*(\d{2})-(\d{2})-(\d{4})\b")


@frozen(kw_only=True)
class InvoiceLine:
    """One line. The net amount is quantity × unit price, rounded once.

    ``unit_code`` is UN/ECE recommendation 20 (``C62`` one, ``MON`` month). ``supply_date`` is
    the tax point if the line has one of its own. ``plan_key`` and ``subscription_id`` name
    what a recurring line charges for. VAT is decided for the whole document and stands in the
    frozen document, never here.
    """

    id: LineId
    description: str
    quantity: Quantity
    unit_price: UnitPrice
    unit_code: str = "C62"
    period: Period | None = None
    supply_date: date | None = None
    plan_key: str | None = None
    subscription_id: SubscriptionId | None = None
    net_cents: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Clean the text, compute the net amount, refuse what no invoice can carry."""
        text = clean_text(self.description, "/description", max_length=MAX_DESCRIPTION, min_length=1)
        object.__setattr__(self, "description", text)
        object.__setattr__(self, "net_cents", line_net(self.quantity, self.unit_price))
        if not _UNIT_CODE.fullmatch(self.unit_code):
            raise Invalid.field(
                "/unit_code", "A UN/ECE rec 20 code has 2 or 3 capitals or digits.", code="unit_invalid"
            )
        if self.unit_price.cents < 0:
            # EN 16931 BR-27: a credit line has a negative quantity, never a negative price.
            raise Invalid.field(
                "/unit_price_cents", "Prices are not negative; use a negative quantity.", code="price_negative"
            )
        if abs(self.net_cents) > MAX_NET_CENTS:
            raise Invalid.field("/quantity", "The line's amount is too large.", code="amount_too_large")


def leading_date(description: str) -> date | None:
    """Return the date a description begins with as ``DD-MM-YYYY``, or None."""
    match = _LEADING_DATE.match(description)
    if not match:
        return None
    day, month, year = (int(part) for part in match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def sorted_by_date(lines: Iterable[InvoiceLine]) -> tuple[InvoiceLine, ...]:
    """Sort by the descriptions' leading dates; lines without one keep their order, at the end."""
    return tuple(sorted(lines, key=lambda line: leading_date(line.description) or date.max))
