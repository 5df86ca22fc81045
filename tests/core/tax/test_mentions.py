"""What the law wants to read, in the buyer's language."""

from __future__ import annotations

import pytest

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.party import LANGUAGES
from scaicontrol_core.tax import LegalNote, VatCategory, legal_note, localize_legal_note, localize_tax_label, tax_label

#: Art. 226(11a) of Directive 2006/112/EC, in its language versions.
FIXED_WORDS = {
    "en": "Reverse charge",
    "nl": "Btw verlegd",
    "de": "Steuerschuldnerschaft des Leistungsempfängers",
    "fr": "Autoliquidation",
    "es": "Inversión del sujeto pasivo",
    "it": "Inversione contabile",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reverse_charge_carries_the_directive_s_own_words(language: str) -> None:
    stored = legal_note(LegalNote.REVERSE_CHARGE)
    assert localize_legal_note(stored, language).startswith(FIXED_WORDS[language])
    assert localize_legal_note(LegalNote.REVERSE_CHARGE, language) == localize_legal_note(stored, language)
    assert localize_tax_label("AE", "0.00", language) == FIXED_WORDS[language]


def test_the_stored_words_are_english() -> None:
    assert legal_note(LegalNote.REVERSE_CHARGE) == "Reverse charge - Art. 196 EU VAT Directive"
    assert tax_label(VatCategory.STANDARD, 2100) == "VAT 21.00%"
    assert tax_label(VatCategory.STANDARD, 850) == "VAT 8.50%"
    for key in LegalNote:
        assert localize_legal_note(legal_note(key), "en") == legal_note(key)
    for category in VatCategory:
        assert localize_tax_label(category, "25.50", "en") == tax_label(category, 2550)


def test_every_note_names_its_article_in_every_language() -> None:
    for key in LegalNote:
        article = "196" if key is LegalNote.REVERSE_CHARGE else key.value.rpartition("_")[2]
        texts = [localize_legal_note(key, language) for language in LANGUAGES]
        assert len(set(texts)) == len(LANGUAGES)
        assert all(article in text for text in texts)
        assert not any("{" in text for text in texts)


def test_percentages_are_written_as_people_write_them() -> None:
    labels = [localize_tax_label("S", "25.50", language) for language in ("nl", "de", "fr", "es", "it")]
    assert labels == ["Btw 25,50%", "USt. 25,50\xa0%", "TVA 25,50\xa0%", "IVA 25,50\xa0%", "IVA 25,50%"]


def test_a_seller_s_own_sentence_is_left_alone() -> None:
    assert localize_legal_note("Art. 6 Wet OB", "de") == "Art. 6 Wet OB"


def test_other_languages_and_categories_are_refused() -> None:
    with pytest.raises(Invalid):
        localize_legal_note("x", "pl")
    with pytest.raises(ValueError, match="K"):
        localize_tax_label("K", "0.00", "nl")
