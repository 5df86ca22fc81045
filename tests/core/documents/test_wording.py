"""Six languages, each with every word: a customer never finds an English scrap on a Dutch invoice."""

from __future__ import annotations

import string
from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.documents import Labels, labels_for
from scaicontrol_core.documents.wording import LABELS
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.party import LANGUAGES

languages = st.sampled_from(LANGUAGES)
words = st.sampled_from([field.name for field in attrs.fields(Labels) if field.name not in ("language", "units")])


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_language_of_the_product_has_a_wording() -> None:
    assert set(LABELS) == set(LANGUAGES)
    assert all(labels.language == code for code, labels in LABELS.items())


@given(languages, words)
def test_every_language_has_every_word_with_the_same_blanks_to_fill(language: str, word: str) -> None:
    text = getattr(labels_for(language), word)
    assert text == text.strip() != ""
    assert placeholders(text) == placeholders(getattr(labels_for("en"), word))


@given(languages)
def test_every_language_names_the_same_units(language: str) -> None:
    units = labels_for(language).units
    assert units.keys() == labels_for("en").units.keys()
    assert all(one and many for one, many in units.values())


@pytest.mark.parametrize(
    ("language", "quantity", "unit"),
    [
        ("en", "1", "month"),
        ("en", "0.5", "months"),
        ("nl", "3", "maanden"),
        ("fr", "1.5", "mois"),
        ("it", "-1", "mese"),
    ],
)
def test_a_quantity_chooses_the_form_of_its_unit(language: str, quantity: str, unit: str) -> None:
    assert labels_for(language).unit("MON", Decimal(quantity)) == unit


def test_french_counts_one_and_a_half_years_in_the_singular() -> None:
    assert labels_for("fr").unit("ANN", Decimal("1.5")) == "an"
    assert labels_for("fr").unit("ANN", Decimal(2)) == "ans"


def test_a_bare_number_of_units_needs_no_word() -> None:
    assert labels_for("nl").unit("C62", Decimal(1000)) is None


def test_a_language_we_do_not_write_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        labels_for("pl")
    assert refused.value.code == "language_unknown"
