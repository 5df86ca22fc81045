"""Documents without a database, as a library: read strictly, rendered the same every time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scaicontrol_adapters.document_files import OutputFormat, read_document, render_document
from scaicontrol_adapters.einvoice.validation import validate_document
from scaicontrol_core.billing.errors import EInvoiceIncomplete
from scaicontrol_core.documents.errors import DocumentUnreadable
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.testing.document_matrix import matrix
from scaicontrol_core.testing.documents import sample_credit_note, sample_invoice, sample_line

ROOT = Path(__file__).parents[2]


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the sample with one field changed; ``...`` takes it away."""
    document: Any = json.loads(json.dumps(sample_invoice()))
    *steps, last = [int(step) if step.isdigit() else step for step in path.strip("/").split("/")]
    place = document
    for step in steps:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return document  # type: ignore[no-any-return]


def test_every_document_of_the_matrix_is_one_of_the_published_schema() -> None:
    for name, document in matrix():
        assert read_document(document) is document, name


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/number", ...),
        ("/schema", "scaicontrol.document/2"),
        ("/issue_date", "2026-02-30"),
        ("/issue_date", "31.01.2026"),
        ("/currency", "euro"),
        ("/document_type", "quote"),
        ("/lines", []),
        ("/lines/0/net_cents", 199.0),
        ("/lines/0/net_cents", True),
        ("/lines/0/net_cents", "19900"),
        ("/lines/0/quantity", 1),
        ("/lines/0/colour", "blue"),
        ("/buyer/company_name", None),
        ("/buyer/country_code", ...),
        ("/seller/vat_number", 42),
        ("/vat_details/entries/0/amount_cents", ...),
        ("/totals", []),
    ],
)
def test_a_field_that_is_wrong_is_named_by_its_pointer(path: str, value: Any) -> None:
    with pytest.raises(DocumentUnreadable) as unreadable:
        read_document(changed(path, value))
    assert [field.pointer for field in unreadable.value.fields] == [path]


@pytest.mark.parametrize("value", [None, [], "x", 1, {}])
def test_what_is_no_document_at_all_is_said_to_be_none(value: Any) -> None:
    with pytest.raises(DocumentUnreadable, match=r"no scaicontrol\.document/1"):
        read_document(value)


@pytest.mark.parametrize("wanted", OutputFormat)
def test_the_same_document_gives_the_same_bytes(wanted: OutputFormat) -> None:
    document = sample_invoice()
    assert render_document(document, wanted) == render_document(json.loads(json.dumps(document)), wanted)


def test_every_format_has_its_output() -> None:
    assert {output.einvoice for output in OutputFormat} == {None, *EInvoiceFormat}
    assert {output.value: output.extension for output in OutputFormat} == {
        "pdf": "pdf",
        "html": "html",
        "ubl": "xml",
        "xrechnung": "xml",
        "cii": "xml",
        "zugferd": "pdf",
        "facturx": "pdf",
    }


def test_a_document_that_a_receiver_would_refuse_is_not_written() -> None:
    document = sample_credit_note(referenced_number=None)
    with pytest.raises(EInvoiceIncomplete) as refused:
        render_document(document, OutputFormat.UBL)
    assert any(field.message.startswith("NL-R-001") for field in refused.value.fields)


@pytest.mark.parametrize("sign", ["\x00", "\x0b", "\ufffe", "\ud800"])
def test_what_xml_cannot_carry_is_refused_in_words(sign: str) -> None:
    document = sample_invoice(lines=[sample_line(description=f"a{sign}b")])
    for wanted in (OutputFormat.CII, OutputFormat.ZUGFERD):
        with pytest.raises(DocumentUnreadable, match="XML can't carry"):
            render_document(document, wanted)


def test_the_example_of_the_documentation_runs(tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(json.dumps(sample_invoice()), "utf-8")
    example = ROOT / "docs" / "examples" / "render_document.py"
    command = [sys.executable, str(example), str(tmp_path / "in.json"), str(tmp_path)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines() == ["xrechnung: xrechnung, accepted", "zugferd: en16931, accepted"]
    made = sorted(path.name for path in tmp_path.glob("SCAI-*"))
    assert made == [f"SCAI-2026-000042-{name}" for name in ("pdf.pdf", "xrechnung.xml", "zugferd.pdf")]
    assert validate_document((tmp_path / made[2]).read_bytes()).findings == ()
