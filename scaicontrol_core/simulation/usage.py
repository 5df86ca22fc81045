"""What services report of their customers' usage: much or little, sometimes late, twice or wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from attrs import frozen

from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.metering.usage_event import ReportedUsage
from scaicontrol_core.simulation.randomness import Stream
from scaicontrol_core.simulation.scenario import Metered, Usage

_NOON = time(12, tzinfo=UTC)
_MONTH_DAYS = 30
_PERCENT = 100
#: Most users that one report names: a day's sign-ins of a firm.
_MOST_USERS = 12
_LATE_DAYS = 9


@frozen(kw_only=True)
class Meter:
    """A customer's use of one metric."""

    tenant_id: TenantId
    reference: str
    metered: Metered
    stream: Stream

    def reports(self, usage: Usage, today: date) -> Iterator[ReportedUsage]:
        """Yield what is reported today of the days since the last report."""
        place = today.toordinal()
        stream = self.stream.fork(self.metered.service, self.metered.metric)
        day = today - timedelta(days=1)
        if stream.fork("late").happens(usage.late, place):
            day -= timedelta(days=stream.fork("days").between(2, _LATE_DAYS, place))
        for number, (quantity, value) in enumerate(self._used(stream, usage, place)):
            report = self._report(f"{place}-{number}", day, quantity, value)
            yield report
            if stream.fork("repeat").happens(usage.repeats, place):
                yield report
        if self.metered.distinct is None and stream.fork("wrong").happens(usage.corrections, place):
            wrong = self._amount(stream, usage, place) // 4 + 1
            yield self._report(f"{place}-c", day, -wrong, None, correction=True)

    def _used(self, stream: Stream, usage: Usage, place: int) -> Iterator[tuple[int, str | None]]:
        if self.metered.distinct is None:
            yield self._amount(stream, usage, place), None
            return
        users = max(1, self._amount(stream, usage, place))
        for number in range(min(_MOST_USERS, users)):
            yield 1, f"u{stream.fork('user', str(number)).below(self._monthly(stream), place)}"

    def _monthly(self, stream: Stream) -> int:
        """Return what this customer uses in a month, about."""
        spread = self.metered.spread
        percent = stream.fork("size").between(_PERCENT - spread, _PERCENT + spread)
        return max(1, self.metered.monthly * percent // _PERCENT)

    def _amount(self, stream: Stream, usage: Usage, place: int) -> int:
        usual = self._monthly(stream) * usage.every_days // _MONTH_DAYS
        return max(1, usual * stream.fork("amount").between(50, 150, place) // _PERCENT)

    def _report(
        self, key: str, day: date, quantity: int, value: str | None, *, correction: bool = False
    ) -> ReportedUsage:
        return ReportedUsage(
            idempotency_key=f"{self.reference}-{self.metered.metric}-{key}",
            tenant=self.tenant_id,
            service=self.metered.service,
            metric=self.metered.metric,
            quantity=Decimal(quantity),
            occurred_at=datetime.combine(day, _NOON),
            properties={} if value is None or self.metered.distinct is None else {self.metered.distinct: value},
            correction=correction,
        )
