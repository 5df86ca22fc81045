"""The words VAT law wants on an invoice, and the name of each VAT group, in six languages.

Documents store the English text (the canonical one, for the audit); renderers localise it.
Directive 2006/112/EC art. 226(11a) fixes "reverse charge"; its language versions are equivalent.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from scaicontrol_core.kernel.money import format_minor
from scaicontrol_core.kernel.party import require_language

CANONICAL_LANGUAGE = "en"
_NBSP = "\N{NO-BREAK SPACE}"


class VatCategory(StrEnum):
    """UNCL 5305 duty or tax category, as EN 16931 uses it."""

    STANDARD = "S"
    REVERSE_CHARGE = "AE"
    EXEMPT = "E"
    EXPORT = "G"
    OUTSIDE_SCOPE = "O"


class LegalNote(StrEnum):
    """What an invoice must say; the number is the article of Directive 2006/112/EC."""

    REVERSE_CHARGE = "reverse_charge"
    OUTSIDE_EU_BUSINESS = "outside_eu_44"
    OUTSIDE_EU_CONSUMER = "outside_eu_58"
    EXEMPT_PUBLIC_INTEREST = "exempt_132"
    EXEMPT_OTHER_ACTIVITY = "exempt_135"
    EXEMPT_BUYER = "exempt_151"
    EXEMPT_SMALL_BUSINESS = "exempt_284"


@frozen
class _Wording:
    """One language. ``{n}`` is an article, ``{rate}`` a percentage."""

    reverse_charge: str
    outside_eu: str
    exempt: str
    taxed_label: str
    reverse_charge_label: str
    outside_eu_label: str
    exempt_label: str
    decimal_point: str = ","

    def note(self, key: LegalNote) -> str:
        """Return the sentence of a note."""
        if key is LegalNote.REVERSE_CHARGE:
            return self.reverse_charge
        kind, _, article = key.rpartition("_")
        return (self.exempt if kind == "exempt" else self.outside_eu).format(n=article)

    def label(self, category: VatCategory, rate: str) -> str:
        """Return the name of a group, such as ``VAT 21.00%``."""
        if category is VatCategory.STANDARD:
            return self.taxed_label.format(rate=rate.replace(".", self.decimal_point))
        if category is VatCategory.REVERSE_CHARGE:
            return self.reverse_charge_label
        return self.exempt_label if category is VatCategory.EXEMPT else self.outside_eu_label


_WORDINGS = {
    "en": _Wording(
        reverse_charge="Reverse charge - Art. 196 EU VAT Directive",
        outside_eu="Outside the scope of EU VAT - Art. {n} Directive 2006/112/EC",
        exempt="VAT exempt - Art. {n} Directive 2006/112/EC",
        taxed_label="VAT {rate}%",
        reverse_charge_label="Reverse charge",
        outside_eu_label="Outside the scope of EU VAT",
        exempt_label="VAT exempt",
        decimal_point=".",
    ),
    "nl": _Wording(
        reverse_charge="Btw verlegd - art. 196 Btw-richtlijn",
        outside_eu="Buiten de reikwijdte van EU-btw - art. {n} Richtlijn 2006/112/EG",
        exempt="Vrijgesteld van btw - art. {n} Richtlijn 2006/112/EG",
        taxed_label="Btw {rate}%",
        reverse_charge_label="Btw verlegd",
        outside_eu_label="Buiten de reikwijdte van EU-btw",
        exempt_label="Vrijgesteld van btw",
    ),
    "de": _Wording(
        reverse_charge="Steuerschuldnerschaft des Leistungsempfängers - Art. 196 MwStSystRL",
        outside_eu="In der EU nicht steuerbare Leistung - Art. {n} MwStSystRL",
        exempt="Umsatzsteuerfrei - Art. {n} MwStSystRL",
        taxed_label=f"USt. {{rate}}{_NBSP}%",
        reverse_charge_label="Steuerschuldnerschaft des Leistungsempfängers",
        outside_eu_label="In der EU nicht steuerbar",
        exempt_label="Umsatzsteuerfrei",
    ),
    "fr": _Wording(
        reverse_charge="Autoliquidation - art. 196 directive TVA",
        outside_eu="Hors champ de la TVA de l'UE - art. {n} directive 2006/112/CE",
        exempt="Exonération de TVA - art. {n} directive 2006/112/CE",
        taxed_label=f"TVA {{rate}}{_NBSP}%",
        reverse_charge_label="Autoliquidation",
        outside_eu_label="Hors champ de la TVA de l'UE",
        exempt_label="Exonération de TVA",
    ),
    "es": _Wording(
        reverse_charge="Inversión del sujeto pasivo - art. 196 Directiva IVA",
        outside_eu="Operación no sujeta al IVA de la UE - art. {n} Directiva 2006/112/CE",
        exempt="Exento de IVA - art. {n} Directiva 2006/112/CE",
        taxed_label=f"IVA {{rate}}{_NBSP}%",
        reverse_charge_label="Inversión del sujeto pasivo",
        outside_eu_label="Operación no sujeta al IVA de la UE",
        exempt_label="Exento de IVA",
    ),
    "it": _Wording(
        reverse_charge="Inversione contabile - art. 196 direttiva IVA",
        outside_eu="Operazione non soggetta a IVA UE - art. {n} direttiva 2006/112/CE",
        exempt="Esente IVA - art. {n} direttiva 2006/112/CE",
        taxed_label="IVA {rate}%",
        reverse_charge_label="Inversione contabile",
        outside_eu_label="Operazione non soggetta a IVA UE",
        exempt_label="Esente IVA",
    ),
}
_CANONICAL = _WORDINGS[CANONICAL_LANGUAGE]
_BY_CANONICAL_TEXT = {_CANONICAL.note(key): key for key in LegalNote}


def legal_note(key: LegalNote) -> str:
    """Return the canonical English sentence that documents store."""
    return _CANONICAL.note(key)


def localize_legal_note(note: str, language: str) -> str:
    """Return a note in the language; ``note`` is a ``LegalNote`` or its canonical English sentence.

    A sentence of the seller's own comes back as it is. Raises ``Invalid`` (``language_unknown``).
    """
    wording = _WORDINGS[require_language(language, "/language")]
    key = note if isinstance(note, LegalNote) else _BY_CANONICAL_TEXT.get(note)
    return note if key is None else wording.note(key)


def tax_label(category: VatCategory, rate_bp: int) -> str:
    """Return the canonical English name of a VAT group: ``VAT 21.00%``."""
    return _CANONICAL.label(category, format_minor(rate_bp, 2))


def localize_tax_label(category: str, rate: str, language: str) -> str:
    """Return the name of a VAT group in the language: ``Btw 21,00%``.

    ``category`` is a UNCL 5305 code, ``rate`` a percentage as documents store it (``21.00``).
    Raises ``Invalid`` (``language_unknown``), and ``ValueError`` for a category we never issue.
    """
    return _WORDINGS[require_language(language, "/language")].label(VatCategory(category), rate)
