"""The law's words on a document, in the languages it needs them in."""

from __future__ import annotations

from collections.abc import Sequence


def legal_notes(notes: Sequence[str], languages: Sequence[str]) -> tuple[str, ...]:
    """Return each canonical (English) note once per language, the first language's notes first."""
    return tuple(dict.fromkeys(note for _ in languages for note in notes))


def vat_label(label: str, language: str) -> str:
    """Return a VAT group's canonical (English) label in the language."""
    return label
