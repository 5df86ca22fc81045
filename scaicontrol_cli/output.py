"""Output: a table for people, JSON for programs. Rich is loaded for a terminal only.

What is shown is always a plain JSON value whose names are those of the HTTP answers; a table
is a choice of its fields. Piped into a file, a table is text with aligned columns, uncut.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scaicontrol_core.kernel.money import minor_unit_exponent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from scaicontrol_core.kernel.paging import Page

Json = dict[str, Any]


@frozen
class Column:
    """A column of a table: its heading, and the field it shows or what to make of the row."""

    heading: str
    source: str | Callable[[Json], object]
    right: bool = False

    def cell(self, row: Json) -> str:
        """Return the text to show; nothing for None."""
        value = row.get(self.source) if isinstance(self.source, str) else self.source(row)
        return _text(value)


def columns(*fields: str | Column) -> tuple[Column, ...]:
    """Return columns for field names, headed by the name with blanks for underscores."""
    return tuple(field if isinstance(field, Column) else Column(field.replace("_", " "), field) for field in fields)


def amount_column(heading: str, field: str) -> Column:
    """Return a column that shows minor units of the row's ``currency`` as an amount."""
    return Column(heading, lambda row: amount(row[field], row["currency"]), right=True)


def amount(minor: int, currency: str) -> str:
    """Write minor units for people: ``1,234.56 EUR``."""
    places = minor_unit_exponent(currency)
    whole, rest = divmod(abs(minor), 10**places)
    decimals = f".{rest:0{places}d}" if places else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{decimals} {currency}"


def print_json(value: object) -> None:
    """Print JSON: indented for a terminal, one line for a pipe."""
    indent = 2 if sys.stdout.isatty() else None
    print(json.dumps(value, ensure_ascii=False, indent=indent))  # noqa: T201  # this is the output


def print_line(text: str = "") -> None:
    """Print a line of the answer."""
    print(text)  # noqa: T201  # this is the output


def print_note(text: str) -> None:
    """Print a line that is not part of the answer, to stderr."""
    print(text, file=sys.stderr)  # noqa: T201  # this is the output


def print_rows(rows: Iterable[Mapping[str, Any]], shown: Sequence[Column], *, title: str | None = None) -> None:
    """Print a table of the rows; with Rich on a terminal, as aligned text elsewhere."""
    cells = [[column.cell(dict(row)) for column in shown] for row in rows]
    if sys.stdout.isatty():
        _rich_table(cells, shown, title)
    else:
        _plain_table(cells, shown, title)


def print_page(found: Page[Any], view: Callable[[Any], Json], shown: Sequence[Column], *, as_json: bool) -> None:
    """Print a part of a list: as JSON ``items``, ``total`` and ``next_cursor``, or as a table."""
    items = [view(item) for item in found.items]
    if as_json:
        print_json({"items": items, "total": found.total, "next_cursor": found.next_cursor})
        return
    print_rows(items, shown)
    more = f"; go on with --cursor {found.next_cursor}" if found.next_cursor else ""
    print_note(f"{len(items)} of {found.total}{more}")


def print_item(item: Json, *, as_json: bool, omit: Sequence[str] = ()) -> None:
    """Print one thing: as JSON, or its fields one below the other, without those to omit."""
    if as_json:
        print_json(item)
        return
    rows = [{"field": name, "value": value} for name, value in item.items() if name not in omit and value is not None]
    print_rows(rows, columns("field", "value"))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _plain_table(cells: list[list[str]], shown: Sequence[Column], title: str | None) -> None:
    if title:
        print_line(title)
    table = [[column.heading for column in shown], *cells]
    widths = [max(len(row[place]) for row in table) for place in range(len(shown))]
    for row in table:
        aligned = (
            text.rjust(width) if column.right else text.ljust(width)
            for text, width, column in zip(row, widths, shown, strict=True)
        )
        print_line("  ".join(aligned).rstrip())


def _rich_table(cells: list[list[str]], shown: Sequence[Column], title: str | None) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in shown:
        table.add_column(column.heading, justify="right" if column.right else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
