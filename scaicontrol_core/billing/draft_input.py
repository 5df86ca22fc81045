"""What a person types into a draft, checked field by field before anything is written."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from attrs import Factory, frozen

from scaicontrol_core.billing.errors import DueDateInvalid
from scaicontrol_core.billing.invoice import MAX_LINES
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import LineId
from scaicontrol_core.kernel.money import require_currency
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice, parse_decimal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.kernel.ids import Ids
    from scaicontrol_core.kernel.period import Period

MAX_NOTES = 4000
MAX_REFERENCE = 100
#: Years in which an invoice is written or due; beyond them calendar arithmetic runs off the end.
_YEARS = range(2000, 2201)
_CHECKS: dict[str, checks.Check] = {
    "notes": checks.maybe_text(MAX_NOTES),
    "buyer_reference": checks.maybe_text(MAX_REFERENCE),
    "currency": checks.maybe(checks.worded(require_currency)),
}
_divisor = checks.whole(1, 1_000_000_000)


@frozen(kw_only=True)
class LineInput:
    """One line as typed: decimals as text, price in (fractional) cents per ``price_divisor`` units."""

    description: str
    unit_price_cents: str
    quantity: str = "1"
    price_divisor: int = 1
    unit_code: str = "C62"
    period: Period | None = None
    supply_date: date | None = None


@frozen(kw_only=True)
class DraftInput:
    """A draft's fields; None leaves the field out (or, when editing, as ``given`` says)."""

    lines: tuple[LineInput, ...] | None = None
    currency: str | None = None
    period: Period | None = None
    notes: str | None = None
    buyer_reference: str | None = None
    invoice_date: date | None = None
    due_date: date | None = None
    given: frozenset[str] = Factory(frozenset)
    """When editing: the names of the fields to set, None included."""

    def __attrs_post_init__(self) -> None:
        """Clean texts and currency, all at once; refuse a due date before the invoice date."""
        checks.check_fields(self, _CHECKS)
        for name in ("invoice_date", "due_date"):
            day = getattr(self, name)
            if day is not None and day.year not in _YEARS:
                raise Invalid.field(f"/{name}", f"{day} is no date of an invoice.", code="date_invalid")
        if self.invoice_date and self.due_date and self.due_date < self.invoice_date:
            raise DueDateInvalid.before(self.invoice_date)


def build_lines(lines: Sequence[LineInput], ids: Ids) -> tuple[InvoiceLine, ...]:
    """Turn typed lines into invoice lines; ``Invalid`` names every wrong field of every line."""
    if len(lines) > MAX_LINES:
        raise Invalid.field("/lines", f"At most {MAX_LINES} lines.", code="too_many_lines")
    findings = checks.Findings()
    built = [findings.attempt(partial(_line, typed, ids), at=f"/lines/{index}") for index, typed in enumerate(lines)]
    findings.raise_if_any()
    return tuple(line for line in built if line is not None)


def _line(typed: LineInput, ids: Ids) -> InvoiceLine:
    return InvoiceLine(
        id=LineId(ids.new("lin")),
        description=typed.description,
        quantity=Quantity(parse_decimal(typed.quantity, "/quantity")),
        unit_price=UnitPrice(
            parse_decimal(typed.unit_price_cents, "/unit_price_cents"), _divisor(typed.price_divisor, "/price_divisor")
        ),
        unit_code=typed.unit_code,
        period=typed.period,
        supply_date=typed.supply_date,
    )
