"""Effective-dated standard VAT rates: an append-only table of integers with a legal source per row.

The table is a value: read once, passed in, never looked up anywhere else. A row that lies in
the future can be added at any time and starts to apply on its date.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.money import format_minor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_COLUMNS = ["rate_id", "territory", "rate_bp", "valid_from", "valid_to", "source"]
_WHOLE = 10_000
_DAY = timedelta(days=1)


class UnknownRate(Invalid):
    """The table has no rate for that territory on that day."""

    code = "vat_rate_unknown"


@frozen(kw_only=True)
class VatRate:
    """One row: a territory's standard rate in basis points, from and to (both inclusive; None is open)."""

    rate_id: str
    territory: str
    rate_bp: int
    valid_from: date
    valid_to: date | None = None
    source: str

    def __attrs_post_init__(self) -> None:
        """Refuse a row that says nothing sensible, or nothing about its law."""
        if not 0 < self.rate_bp < _WHOLE:
            raise _wrong_row("rate_bp", f"{self.rate_bp} basis points is no VAT rate.")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise _wrong_row("valid_to", f"{self.rate_id} ends before it starts.")
        if not (self.rate_id and self.territory and self.source):
            raise _wrong_row("source", "A rate needs an id, a territory and its legal source.")

    @property
    def percent(self) -> str:
        """The rate as documents write it: ``25.50``."""
        return format_minor(self.rate_bp, 2)

    def covers(self, day: date) -> bool:
        """Tell whether the row applies on the day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def _succeeding(rows: Iterable[VatRate]) -> tuple[VatRate, ...]:
    """Order the rows by territory and date, end each open one where the next begins, refuse overlaps."""
    ordered = sorted(rows, key=lambda row: (row.territory, row.valid_from))
    taken: set[str] = set()
    for index, row in enumerate(ordered):
        if row.rate_id in taken:
            raise _wrong_row("rate_id", f"There are two rows {row.rate_id!r}.")
        taken.add(row.rate_id)
        successor = ordered[index + 1] if index + 1 < len(ordered) else None
        if successor is None or successor.territory != row.territory:
            continue
        last = successor.valid_from - _DAY
        if last < row.valid_from or (row.valid_to is not None and last < row.valid_to):
            raise _wrong_row("valid_from", f"{successor.rate_id} overlaps {row.rate_id}.")
        if row.valid_to is None:
            ordered[index] = evolve(row, valid_to=last)
    return tuple(ordered)


@frozen
class RateTable:
    """All rates known, past, present and future. Built by ``standard_rates`` or ``parse_rates``."""

    rows: tuple[VatRate, ...] = field(converter=_succeeding)
    _by_territory: Mapping[str, tuple[VatRate, ...]] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Index the rows by territory, the newest first: most questions are about today."""
        index: dict[str, tuple[VatRate, ...]] = {}
        for row in self.rows:
            index[row.territory] = (row, *index.get(row.territory, ()))
        object.__setattr__(self, "_by_territory", index)

    def rate_on(self, territory: str, day: date) -> VatRate:
        """Return the territory's rate on the day of supply, or raise ``UnknownRate``."""
        for row in self._by_territory.get(territory, ()):
            if row.valid_from <= day and (row.valid_to is None or day <= row.valid_to):
                return row
        raise UnknownRate.field("/supply_date", f"No VAT rate of {territory} is known on {day}.", code=UnknownRate.code)

    def on(self, day: date) -> tuple[VatRate, ...]:
        """Return every rate in force on the day, in order of territory."""
        return tuple(row for row in self.rows if row.covers(day))

    def changes_between(self, territory: str, start: date, end: date) -> tuple[VatRate, ...]:
        """Return the rates that begin after ``start`` and before ``end`` (exclusive), oldest first."""
        rows = self._by_territory.get(territory, ())
        return tuple(row for row in reversed(rows) if start < row.valid_from < end)

    def with_rows(self, rows: Iterable[VatRate]) -> RateTable:
        """Return the table with rows appended; an open row ends the day before its successor starts.

        Raises ``Invalid`` (``vat_rate_row_invalid``) for an id already taken or a row that
        overlaps a closed one: what once applied is never rewritten.
        """
        return RateTable((*self.rows, *rows))


def parse_rates(text: str) -> tuple[VatRate, ...]:
    """Read rows in the table's own tab-separated form; blank lines and ``#`` comments are skipped.

    Raises ``Invalid`` (``vat_rate_row_invalid``) that names the line.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip() and line[0] != "#"]
    if not lines or lines[0][1].split("\t") != _COLUMNS:
        raise _wrong_row("0", f"The first line names the columns: {', '.join(_COLUMNS)}.")
    return tuple(_parse_row(number, line) for number, line in lines[1:])


@cache
def standard_rates() -> RateTable:
    """Return the table shipped with the package: EU-27, Azores, Madeira, French overseas departments.

    Covers every change from 2020-01-01 on; earlier days raise ``UnknownRate``.
    """
    text = resources.files("scaicontrol_core.tax").joinpath("vat_rates.tsv").read_text(encoding="utf-8")
    return RateTable(parse_rates(text))


def _parse_row(number: int, line: str) -> VatRate:
    cells = line.split("\t")
    if len(cells) != len(_COLUMNS):
        raise _wrong_row(str(number), f"Line {number} has {len(cells)} columns instead of {len(_COLUMNS)}.")
    rate_id, territory, rate_bp, valid_from, valid_to, source = cells
    try:
        return VatRate(
            rate_id=rate_id,
            territory=territory,
            rate_bp=int(rate_bp),
            valid_from=date.fromisoformat(valid_from),
            valid_to=date.fromisoformat(valid_to) if valid_to else None,
            source=source,
        )
    except (Invalid, ValueError) as error:
        raise _wrong_row(str(number), f"Line {number}: {error}") from None


def _wrong_row(pointer: str, message: str) -> Invalid:
    return Invalid.field(f"/rows/{pointer}", message, code="vat_rate_row_invalid")
