"""The law's words on a document, in the languages it needs them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from scaicontrol_core.documents.wording import labels_for
from scaicontrol_core.tax.mentions import localize_legal_note, localize_tax_label


def legal_notes(notes: Sequence[str], languages: Sequence[str]) -> tuple[str, ...]:
    """Return each canonical (English) note once per language, the first language's notes first.

    The language versions of a mention are equally valid (Directive 2006/112/EC art. 226 (11a));
    the seller's own is printed beside the buyer's, for the seller's tax office reads it too.
    """
    return tuple(dict.fromkeys(localize_legal_note(note, language) for language in languages for note in notes))


def vat_label(entry: Mapping[str, Any], language: str) -> str:
    """Return a VAT group's name in the language, its rate as the lines show it: ``Btw 21%``, not ``21,00%``.

    One of a category that we never issue keeps its own.
    """
    rate = f"{Decimal(entry['rate']).normalize():f}"
    try:
        return localize_tax_label(entry["category"], rate, language)
    except ValueError:
        label: str = entry["label"]
        return label


def self_billing_mentions(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the words that a document needs whose buyer wrote it, in the buyer's and the seller's language; else none.

    Directive 2006/112/EC art. 226(10a), in the wording of each language version.
    """
    if not document.get("self_billed"):
        return ()
    languages = (document["language"], document["seller"].get("language") or document["language"])
    return tuple(dict.fromkeys(labels_for(language).self_billing for language in languages))
