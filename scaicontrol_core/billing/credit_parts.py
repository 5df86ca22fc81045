"""What a credit note takes back of each line: all that is left, a quantity, or an amount.

A line of a credit note obeys quantity × price = net as every line does (EN 16931). Where
cumulative rounding makes a part cost a cent more or less than its quantity times the price, and
wherever an amount was asked for, the line is one piece at that amount, and says of what.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from scaicontrol_core.billing.credit_note import CreditedLine
from scaicontrol_core.billing.errors import CreditExceedsInvoice
from scaicontrol_core.billing.line import MAX_DESCRIPTION, InvoiceLine
from scaicontrol_core.kernel.errors import FieldError, Invalid
from scaicontrol_core.kernel.ids import LineId
from scaicontrol_core.kernel.money import format_minor, minor_unit_exponent
from scaicontrol_core.kernel.quantity import Quantity, UnitPrice, line_net, parse_decimal, plain

if TYPE_CHECKING:
    from scaicontrol_core.billing.credit_note import LineCredit
    from scaicontrol_core.billing.frozen_document import FrozenDocument, FrozenLine
    from scaicontrol_core.billing.invoice import Invoice
    from scaicontrol_core.kernel.ids import Ids

_ONE, _NONE = Decimal(1), Decimal(0)
_PIECE = "C62"


@frozen(kw_only=True)
class Part:
    """What is taken back of one line: net in minor units, quantity where it went by quantity; signs of the invoice."""

    original: InvoiceLine
    frozen: FrozenLine
    currency: str
    net_cents: int
    quantity: Decimal

    def line(self, ids: Ids) -> InvoiceLine:
        """Return the credit note's line, supplied when the invoice's was."""
        shown = evolve(self.original, id=LineId(ids.new("lin")), supply_date=self.frozen.supply_date)
        if self.quantity and line_net(Quantity(-self.quantity), self.original.unit_price) == -self.net_cents:
            return evolve(shown, quantity=Quantity(-self.quantity))
        return evolve(
            shown,
            description=self._description(),
            quantity=Quantity(-_ONE if self.net_cents > 0 else _ONE),
            unit_price=UnitPrice(Decimal(abs(self.net_cents))),
            unit_code=_PIECE,
        )

    def _description(self) -> str:
        exponent = minor_unit_exponent(self.currency)
        amounts = " / ".join(format_minor(each, exponent) for each in (self.net_cents, self.original.net_cents))
        count = f"{plain(self.quantity)} / {plain(self.original.quantity.value)}: " if self.quantity else ""
        said = f" ({count}{amounts} {self.currency})"
        return self.original.description[: MAX_DESCRIPTION - len(said)].rstrip() + said


def parts_of(original: Invoice, document: FrozenDocument, wanted: Sequence[LineCredit] | None) -> tuple[Part, ...]:
    """Return what is taken back of each line wanted (None: of each that has anything left), in the invoice's order.

    Raises ``CreditExceedsInvoice`` naming each line that has less left, ``Invalid`` for lines
    that are not there, named twice, or credited in the wrong direction.
    """
    rows = [
        _Row(line, frozen_line, original.credited.of_line(frozen_line.position), original.currency)
        for line, frozen_line in zip(original.lines, document.lines, strict=True)
    ]
    if wanted is None:
        return tuple(row.rest() for row in rows if row.is_left)
    chosen: dict[int, Part] = {}
    beyond: list[FieldError] = []
    for index, credit in enumerate(wanted):
        row = _found(rows, credit, f"/lines/{index}")
        if row.frozen.position in chosen:
            raise Invalid.field(f"/lines/{index}", "The line is named twice.", code="credit_line_repeated")
        try:
            chosen[row.frozen.position] = row.part(credit, f"/lines/{index}")
        except CreditExceedsInvoice as error:
            beyond += error.fields
    if beyond:
        raise CreditExceedsInvoice(*beyond)
    return tuple(chosen[position] for position in sorted(chosen))


@frozen
class _Row:
    """A line of the invoice beside what was credited of it."""

    line: InvoiceLine
    frozen: FrozenLine
    credited: CreditedLine
    currency: str

    @property
    def net_left(self) -> int:
        return self.line.net_cents - self.credited.net_cents

    @property
    def quantity_left(self) -> Decimal:
        return self.line.quantity.value - self.credited.quantity

    @property
    def is_left(self) -> bool:
        return bool(self.net_left if self.line.net_cents else self.quantity_left)

    def rest(self) -> Part:
        return self._taking(self.net_left, self.quantity_left)

    def part(self, credit: LineCredit, pointer: str) -> Part:
        if not self.is_left:
            raise self._beyond(pointer)
        if credit.net_cents is not None:
            return self._amount(credit.net_cents, f"{pointer}/net_cents")
        if credit.quantity is not None:
            return self._quantity(parse_decimal(credit.quantity, "/quantity"), f"{pointer}/quantity")
        return self.rest()

    def _amount(self, net_cents: int, pointer: str) -> Part:
        _require_direction(net_cents, self.line.net_cents, pointer)
        if abs(net_cents) > abs(self.net_left):
            raise self._beyond(pointer)
        return self._taking(net_cents, _NONE)

    def _quantity(self, quantity: Decimal, pointer: str) -> Part:
        _require_direction(quantity, self.line.quantity.value, pointer)
        before, after = self.credited.quantity, self.credited.quantity + quantity
        net = line_net(Quantity(after), self.line.unit_price) - line_net(Quantity(before), self.line.unit_price)
        if abs(quantity) > abs(self.quantity_left) or abs(net) > abs(self.net_left):
            raise self._beyond(pointer)
        return self._taking(net, quantity)

    def _taking(self, net_cents: int, quantity: Decimal) -> Part:
        return Part(
            original=self.line, frozen=self.frozen, currency=self.currency, net_cents=net_cents, quantity=quantity
        )

    def _beyond(self, pointer: str) -> CreditExceedsInvoice:
        amount = format_minor(self.net_left, minor_unit_exponent(self.currency))
        left = f"line {self.frozen.position} has {amount} {self.currency} ({plain(self.quantity_left)} units) left"
        return CreditExceedsInvoice(FieldError(pointer, left))


def _found(rows: Sequence[_Row], credit: LineCredit, pointer: str) -> _Row:
    for row in rows:
        if credit.line_id == row.line.id or credit.position == row.frozen.position:
            return row
    name = "line_id" if credit.line_id is not None else "position"
    raise Invalid.field(f"{pointer}/{name}", "The invoice has no such line.", code="credit_line_unknown")


def _require_direction(wanted: int | Decimal, whole: int | Decimal, pointer: str) -> None:
    if wanted * whole < 0:
        sign = "positive" if whole > 0 else "negative"
        raise Invalid.field(
            pointer, f"The line itself is {sign}: credit it with a {sign} figure.", code="credit_direction_wrong"
        )
