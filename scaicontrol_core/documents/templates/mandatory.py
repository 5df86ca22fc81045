"""What an invoice must say by law, looked for in what a template really wrote.

A probe, a template of our own, is rendered over the same document: it writes each mandatory fact
in all the forms in which the language may write it. One of them has to stand in the text that
people see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from attrs import frozen

from scaicontrol_core.documents.plain_text import text_of_html
from scaicontrol_core.documents.ports import TemplateSource

_MARK, _END = "probe-of:", ":end"
_DATES = ("long", "medium", "short", "full")


@frozen
class Mandatory:
    """One thing an invoice must say, what it is in words, and where the law says so."""

    key: str
    what: str
    law: str


FACTS: Final = (
    Mandatory("number", "the number", "art. 226 (2)"),
    Mandatory("issue_date", "the date of issue", "art. 226 (1)"),
    Mandatory("seller_name", "the seller's full name", "art. 226 (5)"),
    Mandatory("seller_address", "the seller's address", "art. 226 (5)"),
    Mandatory("buyer_name", "the buyer's name", "art. 226 (5)"),
    Mandatory("buyer_address", "the buyer's address", "art. 226 (5)"),
    Mandatory("seller_vat_number", "the seller's VAT number", "art. 226 (3)"),
    Mandatory("buyer_vat_number", "the buyer's VAT number where VAT is reverse charged", "art. 226 (4)"),
    Mandatory("line", "every line's description", "art. 226 (6)"),
    Mandatory("quantity", "every line's quantity", "art. 226 (6)"),
    Mandatory("period", "the period or date of supply", "art. 226 (7)"),
    Mandatory("taxable", "the taxable amount per VAT rate", "art. 226 (8)"),
    Mandatory("unit_price", "every line's unit price", "art. 226 (8)"),
    Mandatory("rate", "the VAT rates", "art. 226 (9)"),
    Mandatory("vat", "the VAT amount per rate", "art. 226 (10)"),
    Mandatory("legal_note", "the mentions of reverse charge and exemptions", "art. 226 (11) and (11a)"),
    Mandatory("own_vat", "the VAT amount in the seller's currency", "art. 230"),
    Mandatory("total", "the total", "EN 16931 BT-112"),
    Mandatory("referenced_number", "the number of the invoice that is credited", "art. 219"),
)


def probe() -> TemplateSource:
    """Return the template that writes every mandatory fact that a document has, in all its forms."""
    sections = [
        _written("number", "document.number"),
        _dates("issue_date", "document.issue_date"),
        _written("seller_name", "seller.legal_name"),
        _written("seller_address", "seller.address|first"),
        _written("buyer_name", "buyer.company_name"),
        _written("buyer_address", "buyer.address|first"),
        _if("seller.vat_number", _written("seller_vat_number", "seller.vat_number")),
        _if("reverse_charge and buyer.vat_number", _written("buyer_vat_number", "buyer.vat_number")),
        _each("line", "line_items", "line.description"),
        _each("quantity", "line_items", "line.quantity|quantity", "(-line.quantity)|quantity"),
        _each("unit_price", "line_items", "line.unit_price|money", "line.unit_price.amount|quantity"),
        _period(),
        _each("taxable", "vat_breakdown", "line.taxable|money", "(-line.taxable)|money"),
        _each("rate", "vat_breakdown", "line.rate|percent", "line.rate|quantity"),
        _each("vat", "vat_breakdown", "line.tax|money", "(-line.tax)|money"),
        "{% for note in legal_notes %}" + _written("legal_note", "note") + "{% endfor %}",
        _if("vat_accounting", _written("own_vat", "vat_accounting.tax|money", "(-vat_accounting.tax)|money")),
        _written("total", "totals.gross|money", "(-totals.gross)|money"),
        _if("document.referenced_number", _written("referenced_number", "document.referenced_number")),
    ]
    return TemplateSource("mandatory content", "".join(sections))


def missing(shown: str, probed: str) -> list[Mandatory]:
    """Return what the document must say and the template's HTML does not show; both were rendered over it."""
    seen = _bare(text_of_html(shown))
    absent = {key for key, forms in _forms(text_of_html(probed)) if not any(_stands_in(form, seen) for form in forms)}
    return [fact for fact in FACTS if fact.key in absent]


def warning_of(fact: Mandatory, shapes: Iterable[str]) -> str:
    """Say what is missing, by which law, and in which sample documents."""
    return f"It does not show {fact.what} ({fact.law}); sample documents: {', '.join(shapes)}."


# -- the probe's parts ---------------------------------------------------------------------------


def _written(key: str, *expressions: str) -> str:
    shown = "<br>".join(f"{{{{ {each} }}}}" for each in expressions)
    return f"<p>{_MARK}{key}<br>{shown}<br>{_END}</p>"


def _dates(key: str, expression: str) -> str:
    styles = [f"{expression}|date('{style}')" for style in _DATES]
    return _written(key, *styles, f"{expression}")


def _if(condition: str, section: str) -> str:
    return f"{{% if {condition} %}}{section}{{% endif %}}"


def _each(key: str, of: str, *expressions: str) -> str:
    return f"{{% for line in {of} %}}{_written(key, *expressions)}{{% endfor %}}"


def _period() -> str:
    """A line's own period is enough, and so is the document's, or any day of it.

    Of what has none, it is the day it was supplied, unless that is the day of issue.
    """
    own = [f"line.period.{end}|date('{style}')" for end in ("first", "last") for style in _DATES]
    whole = [f"document.period.{end}|date('{style}')" for end in ("first", "last") for style in _DATES]
    either = _written("period", "line.period|span", *own)
    both = _written("period", "line.period|span", "document.period|span", *own, *whole)
    chosen = f"{{% if document.period %}}{both}{{% else %}}{either}{{% endif %}}"
    day = _dates("period", "line.supply_date")
    otherwise = f"{{% elif line.supply_date and line.supply_date != document.issue_date %}}{day}"
    return f"{{% for line in line_items %}}{{% if line.period %}}{chosen}{otherwise}{{% endif %}}{{% endfor %}}"


def _forms(probed: str) -> Iterable[tuple[str, list[str]]]:
    for section in probed.split(_MARK)[1:]:
        key, _, rest = section.partition("\n")
        forms = rest.split(_END)[0].split("\n")
        yield key.strip(), [bare for form in forms if (bare := _bare(form))]


def _bare(text: str) -> str:
    """Return text without case, its blanks all alike: a hard blank within an amount makes no other amount."""
    return re.sub(r"\s+", " ", text).strip().casefold()


def _stands_in(form: str, seen: str) -> bool:
    """Tell whether a form is shown; beside an amount, digits that go on make another one."""
    if any(each.isalpha() for each in form):
        return form in seen
    start = r"(?<!\d)(?<!\d[.,])" if form[0].isdigit() else ""
    end = r"(?!\d)(?![.,]\d)" if form[-1].isdigit() else ""
    return re.search(start + re.escape(form).replace(r"\ ", " ?") + end, seen) is not None
