"""Documents at the command line, without a database: rendered, judged; and an invoice's XML with one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scaicontrol_adapters.einvoice.validation import validate_xml
from scaicontrol_core.testing.documents import sample_credit_note, sample_invoice, sample_reverse_charge_invoice

World = Callable[..., Any]
CONTACT = "/Invoice/AccountingSupplierParty/Party/Contact"
REFERENCE = {"buyer_reference": "B-7"}
CONTENT = {"pdf": b"%PDF", "html": b"<!DOCTYPE html>", "zugferd": b"%PDF", "facturx": b"%PDF"}


def write(home: Path, name: str, document: dict[str, Any]) -> str:
    (home / name).write_text(json.dumps(document, ensure_ascii=False))
    return name


@pytest.mark.parametrize("wanted", ["pdf", "html", "ubl", "xrechnung", "cii", "zugferd", "facturx"])
def test_a_document_is_rendered_and_found_sound(scaicontrol: World, home: Path, wanted: str) -> None:
    file = write(home, "in.json", sample_reverse_charge_invoice(**REFERENCE))
    made = scaicontrol("documents", "render", file, "--format", wanted, "-o", "out", "--json").json["items"]
    content = (home / "out").read_bytes()
    assert made == [{"file": file, "number": "SCAI-2026-000042", "path": "out", "format": wanted, "size": len(content)}]
    assert content.startswith(CONTENT.get(wanted, b"<?xml"))
    if wanted not in {"pdf", "html"}:
        (report,) = scaicontrol("documents", "validate", "out", "--json").json["items"]
        assert (report["accepted"], report["findings"]) == (True, [])


def test_a_file_is_called_after_the_documents_number(scaicontrol: World, home: Path) -> None:
    file = write(home, "in.json", sample_invoice(number="../../X 1", payment_reference="X"))
    assert ".._.._X_1.xml: " in scaicontrol("documents", "render", file, "-f", "cii").stderr
    assert (home / ".._.._X_1.xml").is_file()


def test_documents_come_and_go_through_pipes(scaicontrol: World, home: Path) -> None:
    document = json.dumps(sample_invoice())
    xml = scaicontrol("documents", "render", "-", "-f", "cii", "-o", "-", typed=document).stdout
    assert validate_xml(xml.encode()).accepted
    assert "accepted (cii, en16931)" in scaicontrol("documents", "validate", "-", typed=xml).stdout
    assert list(home.glob("*.xml")) == []


def test_of_several_files_the_wrong_one_is_named_and_the_rest_go_on(scaicontrol: World, home: Path) -> None:
    wrong = sample_invoice(currency="euro", surprise=1)
    del wrong["lines"][0]["net_cents"]
    files = [
        write(home, "a.json", sample_invoice()),
        write(home, "b.json", wrong),
        write(home, "c.json", sample_credit_note()),
    ]
    (home / "d.json").write_text("{")
    made = scaicontrol(
        "documents", "render", *files, "d.json", "missing.json", "-f", "cii", "-o", "out", "--json", fails=1
    ).json["items"]
    assert [each.get("path") for each in made] == [
        "out/SCAI-2026-000042.xml", None, "out/SCAI-CN-2026-000003.xml", None, None,
    ]  # fmt: skip
    assert [(each["pointer"], each["message"]) for each in made[1]["error"]["errors"]][0:2] == [
        ("/surprise", "There is no such field."),
        ("/currency", "'euro' does not match '^[A-Z]{3}$'"),
    ]
    assert {"pointer": "/lines/0/net_cents", "message": "This field is missing."} in made[1]["error"]["errors"]
    assert [made[3]["error"]["code"], made[4]["error"]["code"]] == ["file_syntax", "file_unreadable"]
    told = scaicontrol("documents", "render", *files, "-f", "cii", "-o", "out", fails=1).stderr
    assert "b.json: This is no scaicontrol.document/1" in told


def test_a_document_that_would_be_refused_is_not_written(scaicontrol: World, home: Path) -> None:
    file = write(home, "in.json", sample_invoice(seller={"phone": None}))
    error = scaicontrol("documents", "render", file, "-f", "xrechnung", "--json", fails=2)
    told = json.loads(error.stderr)
    assert told["code"] == "einvoice_incomplete"
    assert [each["pointer"] for each in told["errors"]] == ["/seller/phone"]
    assert "BR-DE-6" in told["errors"][0]["message"]
    assert list(home.glob("*.xml")) == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["render", "in.json", "-f", "docx"], "choice_unknown"),
        (["render", "in.json", "in.json", "-o", "-"], "folder_needed"),
        (["render", "missing.json"], "file_unreadable"),
        (["render", "in.json", "-o", "no/such/file"], "file_unwritable"),
        (["validate", "missing.xml"], "file_unreadable"),
    ],
)
def test_what_cannot_be_is_one_line(scaicontrol: World, home: Path, words: list[str], code: str) -> None:
    write(home, "in.json", sample_invoice())
    assert f"[{code}]" in scaicontrol("documents", *words, fails=2).complaint


def test_a_refused_document_names_rule_place_and_reason(scaicontrol: World, home: Path) -> None:
    file = write(home, "in.json", sample_reverse_charge_invoice(**REFERENCE))
    scaicontrol("documents", "render", file, "-f", "xrechnung", "-o", "good.xml")
    good = (home / "good.xml").read_text()
    (home / "bad.xml").write_text(good.replace("+31 20 555 01 23", "none"))
    (home / "worse.xml").write_text(good.replace("<cbc:BuyerReference>B-7</cbc:BuyerReference>", ""))
    told = scaicontrol("documents", "validate", "good.xml", "bad.xml", "worse.xml", fails=1).stdout.splitlines()
    assert told == [
        "good.xml: accepted (ubl-invoice, xrechnung)",
        "bad.xml: accepted (ubl-invoice, xrechnung)",
        f"  warning BR-DE-27 at {CONTACT}: A telephone number (BT-42) has at least three digits.",
        "worse.xml: refused (ubl-invoice, xrechnung)",
        "  fatal BR-DE-15 at /Invoice: The buyer reference (BT-10) is missing.",
    ]
    items = scaicontrol("documents", "validate", "worse.xml", "--json", fails=1).json["items"]
    assert items == [
        {
            "file": "worse.xml",
            "accepted": False,
            "syntax": "ubl-invoice",
            "profile": "xrechnung",
            "findings": [
                {
                    "rule": "BR-DE-15",
                    "severity": "fatal",
                    "message": "The buyer reference (BT-10) is missing.",
                    "location": "/Invoice",
                }
            ],
        }
    ]


def test_of_several_documents_the_unreadable_one_is_refused_and_the_rest_are_judged(
    scaicontrol: World, home: Path
) -> None:
    file = write(home, "in.json", sample_invoice())
    scaicontrol("documents", "render", file, "-f", "cii", "-o", "good.xml")
    judged = scaicontrol("documents", "validate", "missing.xml", str(home), "good.xml", "--json", fails=1).json["items"]
    assert [(each["accepted"], [finding["rule"] for finding in each["findings"]]) for each in judged] == [
        (False, ["FILE"]),
        (False, ["FILE"]),
        (True, []),
    ]


def test_a_file_without_an_end_is_not_read_to_it(scaicontrol: World) -> None:
    assert "[file_unreadable]" in scaicontrol("documents", "validate", "/dev/zero", fails=2).complaint


def test_an_invoices_xml_is_written_in_the_format_asked_for(world: World, home: Path) -> None:
    draft = world("admin", "invoices", "create", "acme", "--line", "2 x 12500 Consulting", "--json").json["id"]
    number = world("admin", "invoices", "finalize", draft, "--yes", "--json").json["number"]
    assert "[einvoice_not_wanted]" in world("admin", "invoices", "einvoice", number, fails=1).complaint
    made = world("admin", "invoices", "einvoice", number, "--format", "cii", "--json").json
    written = (home / f"{number}.xml").read_bytes()
    assert (made["path"], made["format"], made["size"], made["revision"]) == (
        f"{number}.xml",
        "cii",
        len(written),
        None,
    )
    assert validate_xml(written).findings == ()
    streamed = world("admin", "invoices", "einvoice", number, "-f", "cii", "-o", "-").stdout
    assert streamed.encode() == written
    assert "[choice_unknown]" in world("admin", "invoices", "einvoice", number, "-f", "edi", fails=2).complaint
    assert "[invoice_not_found]" in world("admin", "invoices", "einvoice", "inv_nobody", fails=1).complaint
    assert (
        "[einvoice_not_wanted]" in world("admin", "invoices", "einvoice", number, "--revision", "1", fails=1).complaint
    )
    other = world("admin", "invoices", "einvoice", number, "-f", "cii", "--revision", "1", fails=2)
    assert "[revision_of_other_format]" in other.complaint
