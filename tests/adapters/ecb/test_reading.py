"""The ECB's files of reference rates: read to the last digit, and nothing else is taken for one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from scaicontrol_adapters.ecb.reading import ExchangeRatesUnreadable, read_rates

PUBLISHED = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
                 xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender>
  <Cube>
    <Cube time='2026-11-20'>
      <Cube currency='USD' rate='1.0834'/>
      <Cube currency='JPY' rate='162.50'/>
      <Cube currency='IDR' rate='17234.11'/>
    </Cube>
    <Cube time='2026-11-19'>
      <Cube currency='USD' rate='1.09'/>
      <Cube currency='TRL' rate='1679390'/>
    </Cube>
  </Cube>
</gesmes:Envelope>
"""


def changed(before: str, after: str) -> bytes:
    assert before in PUBLISHED
    return PUBLISHED.replace(before, after, 1).encode()


def test_every_rate_of_every_day_is_read() -> None:
    found = {(rate.day, rate.currency): rate.rate for rate in read_rates(PUBLISHED.encode())}
    newest, before = date(2026, 11, 20), date(2026, 11, 19)
    assert found == {
        (newest, "USD"): Decimal("1.0834"),
        (newest, "JPY"): Decimal("162.5"),
        (newest, "IDR"): Decimal("17234.11"),
        (before, "USD"): Decimal("1.09"),
        (before, "TRL"): Decimal(1679390),  # the old lira: history has currencies that are gone
    }
    assert {rate.source for rate in read_rates(PUBLISHED.encode())} == {"ECB"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no XML"),
        (b"Date,USD\n2026-11-20,1.08\n", "no XML"),
        (b"<html><body>404</body></html>", "no reference rates"),
        (changed("eurofxref", "something-else"), "no reference rates"),
        (changed("2026-11-20", "20 November"), "Line 7: '20 November' is no date"),
        (changed("1.0834", "1,0834"), "Line 8: '1,0834' is not a decimal"),
        (changed("1.0834", "0"), "Line 8: 0 is no exchange rate"),
        (changed("1.0834", "NaN"), "Line 8"),
        (changed(" rate='1.0834'", ""), "Line 8: a rate has a currency and a number"),
        (changed("'USD'", "'EUR'"), "Line 8: 'EUR' is no currency beside the euro"),
        (changed("</gesmes:Envelope>", ""), "no XML"),
    ],
)
def test_what_is_no_publication_is_refused_with_its_line(content: bytes, words: str) -> None:
    with pytest.raises(ExchangeRatesUnreadable) as refused:
        read_rates(content)
    assert refused.value.code == "exchange_rates_unreadable"
    assert words in refused.value.message


def test_entities_and_doctypes_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("1.5")
    declared = f'<!DOCTYPE x [<!ENTITY rate SYSTEM "{secret.as_uri()}">]><gesmes:Envelope'
    for content in (
        changed("<gesmes:Envelope", declared),
        changed("<gesmes:Envelope", declared).replace(b"<gesmes:subject>", b"<gesmes:subject>&rate;"),
    ):
        with pytest.raises(ExchangeRatesUnreadable, match="document type"):
            read_rates(content)
