"""Addresses and texts about people: cleaned, or refused with the field's name."""

from __future__ import annotations

import pytest

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.party import (
    clean_text,
    optional_text,
    require_country,
    require_email,
    require_language,
)


@pytest.mark.parametrize(
    ("given", "kept"), [("NL", "NL"), (" nl ", "NL"), ("EL", "GR"), ("UK", "GB"), ("XI", "GB"), ("US", "US")]
)
def test_countries_are_iso_codes_and_the_three_well_known_others(given: str, kept: str) -> None:
    assert require_country(given, "/country_code") == kept


@pytest.mark.parametrize("given", ["", "N", "NLD", "ZZ", "EU", "Netherlands", "N\x00"])
def test_what_is_no_country_is_refused(given: str) -> None:
    with pytest.raises(Invalid) as refusal:
        require_country(given, "/country_code")
    assert refusal.value.code == "country_unknown"


@pytest.mark.parametrize("given", ["a@b.nl", "first.last+tag@sub.example.com", " a@b.nl "])
def test_addresses_that_mail_can_reach_are_kept(given: str) -> None:
    assert require_email(given, "/contact_email") == given.strip()


@pytest.mark.parametrize(
    "given",
    ["", "a", "a@", "@b.nl", "a@b", "a b@c.nl", "a@b..nl", "a@b.nl\nBcc: x@y.nl", "a@@b.nl", "a" * 250 + "@b.nl"],
)
def test_what_mail_cannot_reach_is_refused(given: str) -> None:
    with pytest.raises(Invalid) as refusal:
        require_email(given, "/contact_email")
    assert refusal.value.fields[0].pointer == "/contact_email"


def test_documents_speak_six_languages() -> None:
    assert require_language(" NL", "/language") == "nl"
    with pytest.raises(Invalid):
        require_language("pl", "/language")


def test_text_is_normalised_and_trimmed() -> None:
    assert clean_text("  Cafe\u0301 ", "/name", max_length=4) == "Café"
    assert clean_text("", "/name", max_length=4) == ""
    assert optional_text("   ", "/name", max_length=4) is None
    assert optional_text(None, "/name", max_length=4) is None


@pytest.mark.parametrize("given", ["a\x00", "a\x1bb", "\x7f", "five!"])
def test_text_that_no_document_can_carry_is_refused(given: str) -> None:
    with pytest.raises(Invalid):
        clean_text(given, "/name", max_length=4)
