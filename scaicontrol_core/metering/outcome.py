"""What became of each report: accepted, known already, or refused for a reason that has a stable code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum

from attrs import field, frozen


class OutcomeStatus(StrEnum):
    """Whether a report counts."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    """The same key with the same content was accepted before: it counts once."""
    REJECTED = "rejected"


class Reason(StrEnum):
    """Why a report does not count; the codes are part of the API."""

    MALFORMED = "malformed"
    KEY_INVALID = "key_invalid"
    QUANTITY_INVALID = "quantity_invalid"
    NEGATIVE_QUANTITY = "negative_quantity"
    TIME_INVALID = "time_invalid"
    PROPERTIES_INVALID = "properties_invalid"
    UNKNOWN_SERVICE = "unknown_service"
    NOT_YOUR_SERVICE = "not_your_service"
    UNKNOWN_METRIC = "unknown_metric"
    AMBIGUOUS_METRIC = "ambiguous_metric"
    PROPERTY_MISSING = "property_missing"
    UNKNOWN_TENANT = "unknown_tenant"
    AMBIGUOUS_TENANT = "ambiguous_tenant"
    UNKNOWN_SUBSCRIPTION = "unknown_subscription"
    NO_SUBSCRIPTION = "no_subscription"
    AMBIGUOUS_SUBSCRIPTION = "ambiguous_subscription"
    IN_THE_FUTURE = "in_the_future"
    TOO_LATE = "too_late"
    PERIOD_BILLED = "period_billed"
    KEY_CONFLICT = "key_conflict"


#: One sentence for people about each reason.
EXPLANATIONS: Mapping[Reason, str] = {
    Reason.MALFORMED: "The event is no object with the fields of an event.",
    Reason.KEY_INVALID: "An event needs an idempotency key of 1 to 200 printable characters.",
    Reason.QUANTITY_INVALID: "The quantity is no decimal number of at most 18 whole digits and 9 decimals.",
    Reason.NEGATIVE_QUANTITY: "Only a correction may have a negative quantity.",
    Reason.TIME_INVALID: "The time is no RFC 3339 instant with its offset.",
    Reason.PROPERTIES_INVALID: "The properties are no object of at most 4,096 characters of JSON.",
    Reason.UNKNOWN_SERVICE: "There is no such service.",
    Reason.NOT_YOUR_SERVICE: "A service reports its own usage only.",
    Reason.UNKNOWN_METRIC: "The service has no such metric.",
    Reason.AMBIGUOUS_METRIC: "Several services have this metric: name the service.",
    Reason.PROPERTY_MISSING: "The metric counts distinct values of a property that the event lacks.",
    Reason.UNKNOWN_TENANT: "There is no such tenant.",
    Reason.AMBIGUOUS_TENANT: "Tenants of several partners have this reference: name the partner.",
    Reason.UNKNOWN_SUBSCRIPTION: "The tenant has no such subscription to the service.",
    Reason.NO_SUBSCRIPTION: "The tenant had no subscription to the service then.",
    Reason.AMBIGUOUS_SUBSCRIPTION: "The tenant had several subscriptions to the service then: name one.",
    Reason.IN_THE_FUTURE: "The event lies more than five minutes in the future.",
    Reason.TOO_LATE: "The period is over, and so is the time for late events.",
    Reason.PERIOD_BILLED: "The usage of that day has been billed.",
    Reason.KEY_CONFLICT: "An event with this key and another content was accepted before.",
}


@frozen
class Outcome:
    """The answer to one report."""

    idempotency_key: str | None
    status: OutcomeStatus
    reason: Reason | None = None

    @property
    def detail(self) -> str | None:
        """The reason in a sentence."""
        return None if self.reason is None else EXPLANATIONS[self.reason]


def accepted(key: str) -> Outcome:
    """Return that a report counts."""
    return Outcome(key, OutcomeStatus.ACCEPTED)


def duplicate(key: str) -> Outcome:
    """Return that a report was known."""
    return Outcome(key, OutcomeStatus.DUPLICATE)


def rejected(key: str | None, reason: Reason) -> Outcome:
    """Return that a report does not count."""
    return Outcome(key, OutcomeStatus.REJECTED, reason)


@frozen
class Tally:
    """How many reports had which outcome."""

    accepted: int = 0
    duplicates: int = 0
    rejected: Mapping[Reason, int] = field(factory=dict)

    @property
    def total(self) -> int:
        """How many reports there were."""
        return self.accepted + self.duplicates + sum(self.rejected.values())

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Tally:
        """Count outcomes."""
        statuses = Counter(outcome.status for outcome in outcomes)
        reasons = Counter(outcome.reason for outcome in outcomes if outcome.reason is not None)
        return cls(statuses[OutcomeStatus.ACCEPTED], statuses[OutcomeStatus.DUPLICATE], dict(reasons))

    def plus(self, other: Tally) -> Tally:
        """Return both together."""
        reasons = Counter(self.rejected)
        reasons.update(other.rejected)
        return Tally(self.accepted + other.accepted, self.duplicates + other.duplicates, dict(reasons))
