"""VAT at the command line: decisions by the line, the rates, a number's soundness, an invoice explained."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.vies import Vies

World = Callable[..., Any]

SALE = {
    "id": 1,
    "seller_country": "NL",
    "buyer_country": "DE",
    "buyer_vat_number": "DE129273398",
    "vat_valid": True,
    "is_business": True,
    "supply_date": "2026-11-20",
    "lines": [{"net_cents": 19900}],
}


def answers(outcome: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in outcome.stdout.splitlines()]


def test_each_line_gets_its_decision_in_order(scaicontrol: World) -> None:
    sales = [SALE | {"id": number, "buyer_country": country} for number, country in enumerate(("DE", "NL", "US"))]
    typed = "\n".join(json.dumps(sale) for sale in sales)
    made = answers(scaicontrol("vat", "determine", typed=typed))
    assert [(each["id"], each["category"], each["tax_cents"]) for each in made] == [
        (0, "AE", 0),
        (1, "S", 4179),
        (2, "G", 0),
    ]


@pytest.mark.parametrize(
    "typed",
    [
        json.dumps(SALE),
        json.dumps(SALE, indent=2),
        json.dumps([SALE]),
        json.dumps([SALE], indent=2),
        "\ufeff" + json.dumps(SALE) + "\r\n\r\n",
    ],
)
def test_one_supply_may_be_written_as_people_like(scaicontrol: World, typed: str) -> None:
    (answer,) = answers(scaicontrol("vat", "determine", typed=typed))
    assert answer["treatment"] == "reverse_charge"


def test_bad_lines_are_named_and_the_rest_go_on(scaicontrol: World) -> None:
    typed = "\n".join(
        ["no JSON", json.dumps(SALE | {"id": "b", "buyer_country": "ZZ"}), "[1]", json.dumps(SALE), "NaN"]
    )
    made = answers(scaicontrol("vat", "determine", typed=typed, fails=1))
    assert [answer["id"] for answer in made] == [None, "b", None, 1, None]
    codes = [answer["error"]["code"] if "error" in answer else None for answer in made]
    assert codes == ["malformed", "country_unknown", "malformed", None, "malformed"]
    assert made[1]["error"]["field"] == "buyer_country"


def test_nothing_in_nothing_out(scaicontrol: World) -> None:
    assert scaicontrol("vat", "determine", typed="").stdout == ""
    assert scaicontrol("vat", "determine", typed="\n \n").stdout == ""


def test_half_a_character_in_an_id_comes_back(scaicontrol: World) -> None:
    (answer,) = answers(scaicontrol("vat", "determine", typed=json.dumps(SALE | {"id": "\ud800"})))
    assert answer["id"] == "\ud800"


def test_the_steps_go_beside_the_answer_with_their_laws(scaicontrol: World) -> None:
    outcome = scaicontrol("vat", "determine", "--explain", typed=json.dumps(SALE))
    (answer,) = answers(outcome)
    assert answer["steps"][-1] == {"text": "The buyer accounts for the VAT.", "law": "Directive 2006/112/EC Art. 196"}
    assert "2. DE129273398 is verified" in outcome.stderr
    assert "[Regulation (EU) 282/2011 Art. 18(1)]" in outcome.stderr


def test_the_rates_of_a_day_with_their_laws(scaicontrol: World) -> None:
    before, after = (
        scaicontrol("vat", "rates", "--on", day, "--country", "EE", "--json").json["items"]
        for day in ("2025-06-30", "2025-07-01")
    )
    assert [(rate["rate"], rate["valid_to"]) for rate in before] == [("22.00", "2025-06-30")]
    assert [rate["rate"] for rate in after] == ["24.00"]
    assert after[0]["source"]
    everything = scaicontrol("vat", "rates", "--on", "2026-11-20", "--json").json
    assert {rate["territory"] for rate in everything["items"]} >= {"AT", "GR", "PT-20", "PT-30", "SE"}
    assert "25.50" in scaicontrol("vat", "rates", "--on", "2024-09-01", "--country", "FI").stdout
    romania = scaicontrol("vat", "rates", "--country", "RO", "--history", "--json").json["items"]
    assert [rate["rate"] for rate in romania] == ["19.00", "21.00"]


def test_a_wrong_day_or_country_is_refused(scaicontrol: World) -> None:
    assert "date_invalid" in scaicontrol("vat", "rates", "--on", "tomorrow", fails=2).complaint
    assert "country_unknown" in scaicontrol("vat", "rates", "--country", "ZZ", fails=2).complaint


@pytest.mark.parametrize(
    ("words", "canonical"),
    [
        (("NL868355884B01",), "NL868355884B01"),
        (("nl 8683.55.884.b01",), "NL868355884B01"),
        (("GR094259216",), "EL094259216"),
        (("094259216", "--country", "GR"), "EL094259216"),
        (("ＤＥ１２９２７３３９８",), "DE129273398"),  # noqa: RUF001  # full-width, as Asian keyboards type
        (("FR40303265045", "--country", "MC"), "FR40303265045"),
    ],
)
def test_a_sound_number_is_shown_in_its_canonical_form(
    scaicontrol: World, words: tuple[str, ...], canonical: str
) -> None:
    checked = scaicontrol("vat", "check", *words, "--json").json
    assert (checked["well_formed"], checked["vat_number"]) == (True, canonical)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("DE129273399",), "vat_number_invalid"),
        (("EU372000041",), "vat_number_invalid"),
        (("US123456789",), "vat_number_invalid"),
        (("DE129273398", "--country", "NL"), "vat_number_country_mismatch"),
    ],
)
def test_a_wrong_number_says_what_is_wrong(scaicontrol: World, words: tuple[str, ...], code: str) -> None:
    checked = scaicontrol("vat", "check", *words, "--json", fails=1).json
    assert (checked["well_formed"], checked["code"]) == (False, code)
    assert checked["message"] in scaicontrol("vat", "check", *words, fails=1).stdout


@pytest.fixture
def asking(scaicontrol: World, vies: Vies, monkeypatch: pytest.MonkeyPatch) -> World:
    """The program with a register that knows one Dutch and one German number."""
    monkeypatch.setenv("SCAICONTROL_VIES_URL", vies.url)
    monkeypatch.setenv("SCAICONTROL_VIES_TIMEOUT_SECONDS", "1")
    vies.known |= {"NL868355884B01", "DE129273398"}
    return scaicontrol


def test_the_register_is_asked_on_request_only(asking: World, vies: Vies) -> None:
    asking("vat", "check", "NL868355884B01")
    assert vies.received == []
    asking("vat", "check", "DE129273399", "--online", fails=1)
    assert vies.received == [], "what fails its checksum is no question"
    found = asking("vat", "check", "NL868355884B01", "--online", "--json").json
    assert (found["state"], found["name"], found["consultation_number"]) == ("valid", "Trader B.V.", None)


def test_who_names_itself_gets_a_consultation_number(asking: World, vies: Vies) -> None:
    words = ("vat", "check", "DE129273398", "--online", "--requester", "NL868355884B01", "--json")
    found = asking(*words).json
    assert (found["consultation_number"], found["name"]) == ("WAPIAAAAX1abcdef", None)
    assert vies.received[0]["requesterMemberStateCode"] == "NL"
    assert (
        "vat_number_invalid" in asking("vat", "check", "DE129273398", "--online", "--requester", "7", fails=2).complaint
    )


def test_a_no_of_the_register_fails_and_silence_does_not(asking: World, vies: Vies) -> None:
    assert asking("vat", "check", "FR40303265045", "--online", "--json", fails=1).json["state"] == "invalid"
    vies.outages["DE"] = "MS_UNAVAILABLE"
    silent = asking("vat", "check", "DE129273398", "--online", "--json")
    assert (silent.json["state"], silent.json["register_code"]) == ("pending", "MS_UNAVAILABLE")
    assert "It is not a no" in silent.stderr


def test_an_invoice_says_why_it_bears_its_vat(world: World) -> None:
    draft = world("admin", "invoices", "create", "acme", "--line", "2 x 12500 Consulting", "--json").json["id"]
    assert "invoice_not_finalized" in world("admin", "invoices", "explain", draft, fails=1).complaint
    number = world("admin", "invoices", "finalize", draft, "--yes", "--json").json["number"]
    shown = world("admin", "invoices", "explain", number)
    for words in ("domestic", "Art. 44 and 193", "NL-2012-10", "NL972837929B01", "1. The seller is in NL"):
        assert words in shown.stdout
    assert "comes out as frozen" in shown.stderr
    told = world("admin", "invoices", "explain", number, "--json").json
    assert told["agrees"] is True
    assert told["entries"][0]["rule"] == "domestic"
    assert told["entries"][0]["rates"][0]["source"]
    assert told["evidence"]["vat_number"] == "NL972837929B01"
