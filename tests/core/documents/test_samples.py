"""The samples have the frozen document's own shape, so that what passes with them passes in earnest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scaicontrol_core.billing.creditor_reference import creditor_reference
from scaicontrol_core.billing.frozen_document import FrozenDocument
from scaicontrol_core.documents import invoice_context
from scaicontrol_core.documents.statement_context import statement_context
from scaicontrol_core.testing.documents import (
    sample_credit_note,
    sample_invoice,
    sample_reverse_charge_invoice,
    sample_statement,
)


@pytest.mark.parametrize("sample", [sample_invoice(), sample_reverse_charge_invoice(), sample_credit_note()])
def test_a_frozen_document_reads_like_its_sample(sample: dict[str, Any]) -> None:
    frozen = FrozenDocument.from_dict(sample)
    assert frozen.to_dict() == sample
    assert invoice_context(frozen.to_dict()) == invoice_context(sample)


def test_a_document_of_the_first_version_is_still_read() -> None:
    first = json.loads((Path(__file__).parents[2] / "golden" / "document-first.json").read_text("utf-8"))
    frozen = FrozenDocument.from_dict(first)
    assert frozen.vat_inputs is None
    assert invoice_context(frozen.to_dict()) == invoice_context(first)


def test_the_sample_statement_reads_and_adds_up() -> None:
    (account,) = statement_context(sample_statement()).accounts
    assert account.opening + account.charged - account.settled == account.closing == account.entries[-1].balance


def test_the_samples_quote_their_own_reference() -> None:
    sample = sample_invoice()
    assert sample["creditor_reference"] == creditor_reference(sample["number"])
