"""An outage of the register is not a no."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.tax import evidence_state, is_stale
from scaicontrol_core.tenancy.vat_evidence import VatEvidenceSource, VatNumberEvidence, VatNumberState

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_yes_no_and_do_not_know() -> None:
    answers = [True, False, None, "pending", VatNumberState.PENDING]
    assert [evidence_state(told) for told in answers] == ["valid", "invalid", "never_checked", "pending", "pending"]
    with pytest.raises(Invalid):
        evidence_state("perhaps")


def test_an_answer_is_asked_for_again_after_thirty_days() -> None:
    answer = VatNumberEvidence(state=VatNumberState.VALID, source=VatEvidenceSource.VIES, checked_at=NOW)
    assert not is_stale(answer, NOW + timedelta(days=30))
    assert is_stale(answer, NOW + timedelta(days=30, seconds=1))
    assert is_stale(answer, NOW + timedelta(days=8), valid_days=7)
    assert is_stale(VatNumberEvidence(), NOW)


def test_an_attestation_does_not_age() -> None:
    attested = VatNumberEvidence(
        state=VatNumberState.VALID, source=VatEvidenceSource.OPERATOR_ATTESTED, checked_at=NOW, note="Chamber extract"
    )
    assert not is_stale(attested, NOW + timedelta(days=4000))
