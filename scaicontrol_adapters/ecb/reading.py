"""Reads the European Central Bank's reference rates: eurofxref-daily.xml, -hist-90d.xml, -hist.xml.

The files come from https://www.ecb.europa.eu/stats/eurofxref/ and are fetched by whoever runs
the import. Nothing in them is trusted: no entities, no DTD, no network.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from lxml import etree

from scaicontrol_core.kernel.errors import Invalid, Malformed
from scaicontrol_core.kernel.quantity import parse_decimal
from scaicontrol_core.tax.exchange_rates import ExchangeRate

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMESPACE = "http://www.ecb.int/vocabulary/2002-08-01/eurofxref"
_CUBE = f"{{{_NAMESPACE}}}Cube"


class ExchangeRatesUnreadable(Malformed):
    """The file is not one of the ECB's reference rates."""

    code = "exchange_rates_unreadable"


def read_rates(content: bytes) -> tuple[ExchangeRate, ...]:
    """Return all rates of a file; raises ``ExchangeRatesUnreadable`` naming the line that is wrong."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ExchangeRatesUnreadable(f"This is no XML: {error}.") from None
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        raise ExchangeRatesUnreadable("A file of the ECB has no document type declaration.")
    rates = tuple(_rates(root))
    if not rates:
        raise ExchangeRatesUnreadable("There are no reference rates of the ECB in this file.")
    return rates


def _rates(root: etree._Element) -> Iterator[ExchangeRate]:
    for of_day in root.iter(_CUBE):
        text = of_day.get("time")
        if text is None:
            continue
        day = _day(text, of_day)
        for cube in of_day.iterchildren(_CUBE):
            yield _rate(day, cube)


def _day(text: str, element: etree._Element) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _wrong(element, f"{text!r} is no date") from None


def _rate(day: date, cube: etree._Element) -> ExchangeRate:
    currency, text = cube.get("currency"), cube.get("rate")
    if currency is None or text is None:
        raise _wrong(cube, "a rate has a currency and a number")
    try:
        return ExchangeRate(day=day, currency=currency, rate=parse_decimal(text, "/rate"))
    except Invalid as error:
        raise _wrong(cube, error.message) from None


def _wrong(element: etree._Element, what: str) -> ExchangeRatesUnreadable:
    return ExchangeRatesUnreadable(f"Line {element.sourceline}: {what}.")
