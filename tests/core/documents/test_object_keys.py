"""Keys that say what they hold, and never lead elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.documents import invoice_pdf_key, require_object_key
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import InvoiceId


def test_each_revision_of_an_invoice_has_a_place_of_its_own() -> None:
    invoice = InvoiceId("inv_01jq")
    assert invoice_pdf_key(invoice) == "uploads/invoices/inv_01jq/rev-1.pdf"
    assert invoice_pdf_key(invoice, 2) == "uploads/invoices/inv_01jq/rev-2.pdf"


def test_revisions_count_from_one() -> None:
    with pytest.raises(Invalid):
        invoice_pdf_key(InvoiceId("inv_01jq"), 0)


@given(st.text(max_size=40))
def test_an_accepted_key_stays_below_its_root(text: str) -> None:
    try:
        key = require_object_key(text)
    except Invalid:
        return
    assert not key.startswith("/")
    assert all(segment not in ("", ".", "..") for segment in key.split("/"))


@pytest.mark.parametrize("key", ["a/../b", "/a", "a\n", "a/b\n", "x" * 513])
def test_a_key_that_could_lead_elsewhere_is_refused(key: str) -> None:
    with pytest.raises(Invalid) as refused:
        require_object_key(key)
    assert refused.value.code == "object_key_invalid"
