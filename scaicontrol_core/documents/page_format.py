"""The sheets documents are made for."""

from __future__ import annotations

from enum import StrEnum

#: Where offices print on Letter; everywhere else on ISO 216.
_LETTER_COUNTRIES = frozenset({"US", "CA"})


class PageFormat(StrEnum):
    """A sheet, upright."""

    A4 = "A4"
    LETTER = "Letter"
    A5 = "A5"


def page_format_of(seller_country: str) -> PageFormat:
    """Return the sheet a seller's country prints on, for documents whose template names none."""
    return PageFormat.LETTER if seller_country in _LETTER_COUNTRIES else PageFormat.A4
