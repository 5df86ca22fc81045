"""Whatever somebody types into a document: it is refused under a rule's name, or what is written passes every judge."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from scaicontrol_adapters.document_files import read_document
from scaicontrol_adapters.einvoice.validation import validate_xml
from scaicontrol_adapters.einvoice.writing import XmlEInvoices
from scaicontrol_core.billing.errors import EInvoiceIncomplete
from scaicontrol_core.documents.einvoicing import write_complete
from scaicontrol_core.documents.errors import DocumentUnreadable
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_core.testing.documents import sample_credit_note, sample_invoice, sample_reverse_charge_invoice

TYPED = (" ", "\nfoo", "a\tb", "#SKONTO#", "ZZ", "0", None)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where a document holds text, or nothing."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from places(each, (*path, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from places(each, (*path, index))
    elif value is None or isinstance(value, str):
        yield path


def saying(document: dict[str, Any], path: tuple[Any, ...], typed: object) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    inner: Any = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = typed
    return changed


@pytest.mark.parametrize("typed", TYPED)
@pytest.mark.parametrize("einvoice_format", [EInvoiceFormat.UBL, EInvoiceFormat.XRECHNUNG, EInvoiceFormat.CII])
@pytest.mark.parametrize("sample", [sample_invoice, sample_credit_note, sample_reverse_charge_invoice])
def test_it_is_refused_or_sound(sample: Any, einvoice_format: EInvoiceFormat, typed: object) -> None:
    document, written = sample(), 0
    for path in places(document):
        with suppress(EInvoiceIncomplete, DocumentUnreadable, Invalid):
            xml = write_complete(read_document(saying(document, path, typed)), einvoice_format, XmlEInvoices()).xml
            assert validate_xml(xml).fatal == (), path
            written += 1
    assert written


@pytest.mark.parametrize("einvoice_format", EInvoiceFormat)
def test_a_number_of_white_space_is_none(einvoice_format: EInvoiceFormat) -> None:
    with pytest.raises(EInvoiceIncomplete) as refused:
        write_complete(sample_invoice(number=" "), einvoice_format, XmlEInvoices())
    assert refused.value.fields[0].message.startswith("BR-02 (BT-1)")
