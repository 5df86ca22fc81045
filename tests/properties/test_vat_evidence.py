"""Whatever happens to a VAT number, an invoice rests on it only where somebody has said yes, lately enough."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import define, evolve
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.tenancy.billing_profile import BillingProfile
from scaicontrol_core.tenancy.vat_evidence import VatNumberState, counting_evidence
from scaicontrol_core.tenancy.vat_register import RegisterAnswer
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.clock import DEFAULT_START

NUMBERS = ("DE158950105", "DE136695976")
HAPPENINGS = st.lists(
    st.tuples(st.sampled_from(["yes", "no", "silence", "attested", "other number", "moved"]), st.integers(0, 100)),
    max_size=12,
)


@define
class Claim:
    """What a careful clerk would write down."""

    attested: bool = False
    answer: bool | None = None
    asked: bool = False
    said_at: datetime | None = None

    def after(self, happening: str, now: datetime) -> Claim:
        """Return the sheet with one more line, or a new sheet."""
        if happening == "other number":
            return Claim()
        if happening == "attested":
            return Claim(attested=True)
        if happening == "yes":
            return Claim(answer=True, said_at=now)
        if self.attested or happening == "moved":
            return self
        if happening == "no":
            return Claim(answer=False, said_at=now)
        return evolve(self, asked=True)

    def counts(self, now: datetime, valid_days: int) -> VatNumberState:
        """Say what an invoice of this moment may rest on."""
        if self.attested:
            return VatNumberState.VALID
        if self.answer and self.said_at is not None:
            return VatNumberState.VALID if now - self.said_at <= timedelta(days=valid_days) else VatNumberState.PENDING
        if self.answer is False:
            return VatNumberState.INVALID
        return VatNumberState.PENDING if self.asked else VatNumberState.NEVER_CHECKED


@given(happenings=HAPPENINGS, valid_days=st.integers(1, 60))
def test_only_a_yes_counts_and_only_a_no_refuses(happenings: list[tuple[str, int]], valid_days: int) -> None:
    profile, claim, now = _customer(), Claim(), DEFAULT_START
    for happening, hours in happenings:
        now += timedelta(hours=hours)
        _happen(profile, happening, now)
        claim = claim.after(happening, now)
        counting = counting_evidence(profile.vat_evidence, now, valid_days=valid_days)
        assert counting.state is claim.counts(now, valid_days)
        assert not counting.stale or counting.state is VatNumberState.VALID


def _customer() -> BillingProfile:
    return builders.new_profile(country_code="DE", vat_number=NUMBERS[0])


def _happen(profile: BillingProfile, happening: str, now: datetime) -> None:
    if happening in ("yes", "no"):
        profile.record_register_answer(RegisterAnswer(valid=happening == "yes"), now)
    elif happening == "silence":
        profile.record_register_silence("MS_UNAVAILABLE", now)
    elif happening == "attested":
        profile.attest_vat_number(None, "Seen.", now)
    elif happening == "moved":
        street = f"Street {now.isoformat()}"
        number = profile.details.vat_number
        profile.change(builders.billing_details(country_code="DE", vat_number=number, address_line1=street), now)
    else:
        number = NUMBERS[NUMBERS.index(profile.details.vat_number or "") - 1]
        profile.change(builders.billing_details(country_code="DE", vat_number=number), now, typed=number.lower())
