"""What a person types into a draft, checked field by field before anything is written."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from attrs import Factory, evolve, frozen

from scaicontrol_core.billing.invoice import MAX_LINES
from scaicontrol_core.billing.line import InvoiceLine
from scaicontrol_core.kernel.errors import FieldError, Invalid
from scaicontrol_core.kernel.ids import LineId
from scaicontrol_core.kernel.money import require_currency
from scaicontrol_core.kernel.party import optional_text
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice, parse_decimal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.kernel.ids import Ids
    from scaicontrol_core.kernel.period import Period

MAX_NOTES = 4000
MAX_REFERENCE = 100


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
        """Clean texts and currency; refuse a due date before the invoice date."""
        object.__setattr__(self, "notes", optional_text(self.notes, "/notes", max_length=MAX_NOTES))
        reference = optional_text(self.buyer_reference, "/buyer_reference", max_length=MAX_REFERENCE)
        object.__setattr__(self, "buyer_reference", reference)
        if self.currency is not None:
            object.__setattr__(self, "currency", require_currency(self.currency))
        if self.invoice_date and self.due_date and self.due_date < self.invoice_date:
            raise Invalid.field("/due_date", "Due before the invoice date.", code="due_date_invalid")


def build_lines(lines: Sequence[LineInput], ids: Ids) -> tuple[InvoiceLine, ...]:
    """Turn typed lines into invoice lines; ``Invalid`` names every wrong field of every line."""
    if len(lines) > MAX_LINES:
        raise Invalid.field("/lines", f"At most {MAX_LINES} lines.", code="too_many_lines")
    built: list[InvoiceLine] = []
    wrong: list[FieldError] = []
    code = "invalid"
    for index, typed in enumerate(lines):
        try:
            built.append(_line(typed, ids))
        except Invalid as error:
            code = error.code
            wrong += [evolve(field, pointer=f"/lines/{index}{field.pointer}") for field in error.fields]
    if wrong:
        raise Invalid("Some lines cannot be invoiced as typed.", code=code, fields=wrong)
    return tuple(built)


def _line(typed: LineInput, ids: Ids) -> InvoiceLine:
    return InvoiceLine(
        id=LineId(ids.new("lin")),
        description=typed.description,
        quantity=Quantity(parse_decimal(typed.quantity, "/quantity")),
        unit_price=UnitPrice(parse_decimal(typed.unit_price_cents, "/unit_price_cents"), typed.price_divisor),
        unit_code=typed.unit_code,
        period=typed.period,
        supply_date=typed.supply_date,
    )
