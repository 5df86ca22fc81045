"""An outage of the register is not a no."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.tax import evidence_state
from scaicontrol_core.tenancy.vat_evidence import (
    CountingEvidence,
    VatEvidenceSource,
    VatNumberEvidence,
    VatNumberState,
    counting_evidence,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_yes_no_and_do_not_know() -> None:
    answers = [True, False, None, "pending", VatNumberState.PENDING]
    assert [evidence_state(told) for told in answers] == ["valid", "invalid", "never_checked", "pending", "pending"]
    with pytest.raises(Invalid):
        evidence_state("perhaps")


ANSWER = VatNumberEvidence(state=VatNumberState.VALID, source=VatEvidenceSource.VIES, checked_at=NOW, last_asked_at=NOW)
ATTESTED = VatNumberEvidence(
    state=VatNumberState.VALID, source=VatEvidenceSource.OPERATOR_ATTESTED, checked_at=NOW, note="Chamber extract"
)
CHARGED = CountingEvidence(VatNumberState.PENDING)
STALE = CountingEvidence(VatNumberState.VALID, stale=True)


def test_a_yes_counts_for_as_long_as_the_seller_says_and_is_stale_after_a_day() -> None:
    assert counting_evidence(ANSWER, NOW + timedelta(days=1)) == CountingEvidence(VatNumberState.VALID)
    assert counting_evidence(ANSWER, NOW + timedelta(days=1, seconds=1)) == STALE
    assert counting_evidence(ANSWER, NOW + timedelta(days=30)) == STALE
    assert counting_evidence(ANSWER, NOW + timedelta(days=30, seconds=1)) == CHARGED
    assert counting_evidence(ANSWER, NOW + timedelta(days=8), valid_days=7) == CHARGED


def test_a_failed_recheck_makes_a_yes_stale_at_once_and_takes_nothing_back() -> None:
    failed = ANSWER.unanswered("MS_UNAVAILABLE", NOW + timedelta(hours=1))
    assert failed.state is VatNumberState.VALID
    assert counting_evidence(failed, NOW + timedelta(hours=2)) == STALE


def test_a_question_without_an_answer_is_pending_since_the_first_one() -> None:
    once = VatNumberEvidence().unanswered("TIMEOUT", NOW)
    twice = once.unanswered("MS_UNAVAILABLE", NOW + timedelta(hours=1))
    assert (twice.state, twice.attempts, twice.error_code) == (VatNumberState.PENDING, 2, "MS_UNAVAILABLE")
    assert (twice.first_asked_at, twice.last_asked_at) == (NOW, NOW + timedelta(hours=1))
    assert counting_evidence(twice, NOW + timedelta(hours=1)) == CHARGED


@pytest.mark.parametrize("state", [each for each in VatNumberState if each is not VatNumberState.VALID])
def test_what_is_not_a_yes_counts_as_what_it_is(state: VatNumberState) -> None:
    evidence = VatNumberEvidence(state=state, source=VatEvidenceSource.VIES, checked_at=NOW)
    assert counting_evidence(evidence, NOW) == CountingEvidence(state)


def test_an_attestation_does_not_age_and_is_not_asked_about() -> None:
    assert counting_evidence(ATTESTED, NOW + timedelta(days=4000)) == CountingEvidence(VatNumberState.VALID)
    assert not ATTESTED.is_due(NOW + timedelta(days=4000))


def test_a_register_without_an_answer_is_asked_ever_less_often() -> None:
    evidence, at, waits = VatNumberEvidence(), NOW, []
    assert evidence.is_due(at)
    for _ in range(12):
        evidence = evidence.unanswered("MS_UNAVAILABLE", at)
        asked = at
        while not evidence.is_due(at):
            at += timedelta(minutes=5)
        waits.append((at - asked) // timedelta(minutes=5))
    assert waits == [1, 6, 24, 144, 144, 144, 144, 144, 288, 288, 288, 288]


def test_before_billing_it_is_asked_again_after_five_minutes() -> None:
    silent = VatNumberEvidence()
    for _ in range(4):
        silent = silent.unanswered("MS_UNAVAILABLE", NOW)
    assert not silent.is_due(NOW + timedelta(hours=1))
    assert silent.is_due(NOW + timedelta(minutes=5), before_billing=True)
    assert not ANSWER.is_due(NOW + timedelta(hours=23), before_billing=True)
