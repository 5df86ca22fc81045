"""A receiver's health: a circuit breaker, and how long nothing has arrived. Pure: each step returns a new value."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import evolve, frozen

from scaicontrol_core.delivery.ids import WebhookSubscriptionId

#: Failures in a row that open the breaker, and for how long.
FAILURES_TO_OPEN = 10
OPEN_FOR = timedelta(minutes=5)
#: Only failures for so long disable a subscription.
DISABLE_AFTER = timedelta(days=5)
#: A success so soon after another one is not written down: most receivers are well most of the time.
_NEWS = timedelta(minutes=1)


@frozen(kw_only=True)
class WebhookHealth:
    """How a subscription's receiver has fared; ``serial`` counts the writes of it.

    Kept apart from the subscription, so that nobody's edit is stale because something was sent.
    """

    subscription_id: WebhookSubscriptionId
    partner_id: str | None
    failures_in_row: int = 0
    failing_since: datetime | None = None
    open_until: datetime | None = None
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    serial: int = 0

    def is_open(self, now: datetime) -> bool:
        """Tell whether nothing is sent for now."""
        return self.open_until is not None and now < self.open_until

    def may_send(self, now: datetime, *, in_flight: int, most: int) -> int:
        """Return how many may be sent at once now: none while open, then one probe, else up to ``most`` in flight."""
        if self.is_open(now):
            return 0
        return max(0, (most if self.open_until is None else 1) - in_flight)

    def succeeded(self, at: datetime) -> WebhookHealth:
        """Return it after something arrived: the same one if that is nothing new."""
        recently = self.last_success_at is not None and at - self.last_success_at < _NEWS
        if recently and self.failures_in_row == 0 and self.failing_since is None:
            return self
        return evolve(self, failures_in_row=0, failing_since=None, open_until=None, last_success_at=at)

    def failed(self, at: datetime) -> WebhookHealth:
        """Return it after something did not arrive."""
        failures = self.failures_in_row + 1
        return evolve(
            self,
            failures_in_row=failures,
            failing_since=self.failing_since or at,
            open_until=at + OPEN_FOR if failures >= FAILURES_TO_OPEN else None,
            last_failure_at=at,
        )

    def has_only_failed(self, now: datetime) -> bool:
        """Tell whether it failed for so long that the subscription is disabled."""
        return self.failing_since is not None and now - self.failing_since >= DISABLE_AFTER

    def renewed(self) -> WebhookHealth:
        """Return it with a clean slate: somebody enabled the subscription, or changed where it sends."""
        return evolve(self, failures_in_row=0, failing_since=None, open_until=None)
