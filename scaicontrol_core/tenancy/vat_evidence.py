"""What is known about a buyer's VAT number, and from whom.

The state has four values because an outage of the register is not a "no": only a number that
was found valid may carry a reverse charge (Implementing Regulation 282/2011, art. 18(1)).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from attrs import evolve, field, frozen

from scaicontrol_core.kernel.checks import check_fields, choice, maybe_text
from scaicontrol_core.kernel.ids import PartnerId, TenantId

#: For how many days an answer of the register is relied upon, unless the seller says otherwise.
DEFAULT_VALID_DAYS = 30
#: How often an answer is asked for again.
RECHECK_AFTER = timedelta(days=1)
#: How long a register that gives no answer is left in peace, after its first failure and each further one.
_WAITS = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=12))
#: After so long without an answer it is asked once a day.
_PATIENCE = timedelta(hours=72)


class VatNumberState(StrEnum):
    """What the last check of the number said."""

    NEVER_CHECKED = "never_checked"
    PENDING = "pending"
    """Asked, no answer yet: the register was down or busy."""
    VALID = "valid"
    INVALID = "invalid"


class VatEvidenceSource(StrEnum):
    """Who says so."""

    NONE = "none"
    VIES = "vies"
    """The Commission's register."""
    OPERATOR_ATTESTED = "operator_attested"
    """The seller's own word, with a reason: other proof of business status counts too."""


_CHECKS = {
    "state": choice(VatNumberState),
    "source": choice(VatEvidenceSource),
    "reference": maybe_text(100),
    "note": maybe_text(500),
}


@frozen(kw_only=True)
class VatNumberEvidence:
    """The evidence kept beside a VAT number; replaced as a whole, never edited.

    ``reference`` is the consultation number of VIES, or that of the seller's own file;
    ``note`` is the reason of an attestation. ``checked_at`` is when the state was learned,
    ``last_asked_at`` when the register was asked last. While it gives no answer, ``attempts``
    counts the questions since ``first_asked_at``, and ``error_code`` is what it said instead.
    ``as_typed`` is the number as the customer wrote it.
    """

    state: VatNumberState = VatNumberState.NEVER_CHECKED
    source: VatEvidenceSource = VatEvidenceSource.NONE
    checked_at: datetime | None = field(default=None)
    reference: str | None = None
    note: str | None = None
    first_asked_at: datetime | None = None
    last_asked_at: datetime | None = None
    attempts: int = 0
    error_code: str | None = None
    as_typed: str | None = None

    def __attrs_post_init__(self) -> None:
        """Clean the texts and refuse unknown words."""
        check_fields(self, _CHECKS)

    @property
    def is_valid(self) -> bool:
        """Tell whether the number was found valid."""
        return self.state is VatNumberState.VALID

    @property
    def is_attested(self) -> bool:
        """Tell whether it is the seller's own word, which no register's silence or "no" takes back."""
        return self.source is VatEvidenceSource.OPERATOR_ATTESTED

    def unanswered(self, error_code: str, at: datetime) -> VatNumberEvidence:
        """Return what is known after a question without an answer: as much as before, and that we asked."""
        return evolve(
            self,
            state=VatNumberState.PENDING if self.state is VatNumberState.NEVER_CHECKED else self.state,
            first_asked_at=self.first_asked_at or at,
            last_asked_at=at,
            attempts=self.attempts + 1,
            error_code=error_code,
        )

    def is_due(self, now: datetime, *, before_billing: bool = False) -> bool:
        """Tell whether the register should be asked.

        Answers are asked for again after a day. A register without an answer is asked after 5
        minutes, 30 minutes, 2 hours, then every 12 hours, and after 72 hours once a day;
        ``before_billing`` shortens all of these to 5 minutes. An attestation is never asked about.
        """
        if self.is_attested:
            return False
        if self.last_asked_at is None:
            return True
        return now - self.last_asked_at >= self._wait(now, before_billing=before_billing)

    def _wait(self, now: datetime, *, before_billing: bool) -> timedelta:
        if self.attempts == 0:
            return RECHECK_AFTER
        if before_billing:
            return _WAITS[0]
        if self.first_asked_at is not None and now - self.first_asked_at > _PATIENCE:
            return RECHECK_AFTER
        return _WAITS[min(self.attempts, len(_WAITS)) - 1]


NEVER_CHECKED = VatNumberEvidence()


@frozen
class CountingEvidence:
    """What an invoice may rest on at an instant; ``stale`` if the register should have been asked again by then."""

    state: VatNumberState
    stale: bool = False


def counting_evidence(
    evidence: VatNumberEvidence, now: datetime, *, valid_days: int = DEFAULT_VALID_DAYS
) -> CountingEvidence:
    """Return what of the evidence counts at ``now``.

    A "yes" of the register counts for ``valid_days``, stale once it is a day old or asking again
    failed; older than that and not renewed it is as good as asked and not answered. An attestation
    does not age: its reason does not depend on the register.
    """
    if evidence.state is not VatNumberState.VALID:
        return CountingEvidence(evidence.state)
    if evidence.is_attested:
        return CountingEvidence(VatNumberState.VALID)
    if evidence.checked_at is None or now - evidence.checked_at > timedelta(days=valid_days):
        return CountingEvidence(VatNumberState.PENDING)
    return CountingEvidence(
        VatNumberState.VALID, stale=evidence.attempts > 0 or now - evidence.checked_at > RECHECK_AFTER
    )


@frozen(kw_only=True)
class VatEvidenceRecord:
    """One question and its answer, or one attestation, as it is kept for ever.

    ``state`` is what this one question came to (an outage is ``pending``, whatever was known
    before), ``requester`` the seller's number that was sent, ``raw`` the register's own words.
    """

    id: str
    tenant_id: TenantId
    partner_id: PartnerId
    asked_at: datetime
    vat_number: str
    as_typed: str | None
    state: VatNumberState
    source: VatEvidenceSource
    reference: str | None = None
    requester: str | None = None
    name: str | None = None
    address: str | None = None
    note: str | None = None
    error_code: str | None = None
    raw: str | None = None
