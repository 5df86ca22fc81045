"""However requests come, no window holds more than the allowance, and who waits as told is let through."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.kernel.rate_limit import SLOTS, Allowance, Counted, MemoryRateLimiter, judge

SECOND = 1000
allowances = st.builds(Allowance, st.just("some"), st.integers(1, 20), st.integers(1, 90))
#: Pauses between requests, in parts of a window: bursts, trickles, and long silences.
pauses = st.lists(st.one_of(st.just(0), st.integers(0, 2), st.integers(0, 400), st.integers(900, 2500)), max_size=80)


def passed(allowance: Allowance, start: int, pauses: list[int]) -> list[int]:
    """Let requests come after each pause (in thousandths of the window); return when one passed."""
    counted, now, times = Counted(), start, []
    for pause in pauses:
        now += pause * allowance.seconds
        counted, verdict = judge(counted, allowance, now)
        if verdict.passes:
            times.append(now)
    return times


@given(allowances, st.integers(0, 10**13), pauses)
def test_no_window_holds_more_than_the_allowance(allowance: Allowance, start: int, pauses: list[int]) -> None:
    times = passed(allowance, start, pauses)
    window = allowance.seconds * SECOND
    for first in times:
        assert sum(first <= each <= first + window for each in times) <= allowance.requests


@given(allowances, st.integers(0, 10**13), pauses)
def test_who_waits_as_told_is_let_through(allowance: Allowance, start: int, pauses: list[int]) -> None:
    counted, now = Counted(), start
    for pause in pauses:
        now += pause * allowance.seconds
        counted, verdict = judge(counted, allowance, now)
        if not verdict.passes:
            assert verdict.remaining == 0
            assert 0 < verdict.more_in <= allowance.slot * (SLOTS + 1)
            assert verdict.seconds * SECOND >= verdict.more_in
            assert judge(counted, allowance, now + verdict.more_in)[1].passes
            assert not judge(counted, allowance, now + verdict.more_in - 1)[1].passes


@given(allowances, st.integers(0, 10**13))
def test_what_remains_is_what_may_still_come_at_once(allowance: Allowance, start: int) -> None:
    counted = Counted()
    for left in reversed(range(allowance.requests)):
        counted, verdict = judge(counted, allowance, start)
        assert (verdict.passes, verdict.remaining) == (True, left)
    assert not judge(counted, allowance, start)[1].passes


@given(allowances, st.integers(0, 10**13), pauses)
def test_refused_requests_change_nothing_and_old_slots_are_forgotten(
    allowance: Allowance, start: int, pauses: list[int]
) -> None:
    counted, now = Counted(), start
    for pause in pauses:
        now += pause * allowance.seconds
        after, verdict = judge(counted, allowance, now)
        assert len(after.slots) <= SLOTS + 1
        if not verdict.passes:
            assert after == judge(after, allowance, now)[0]
        counted = after
    later = now + allowance.seconds * SECOND + allowance.slot + 1
    assert judge(counted, allowance, later)[1].remaining == allowance.requests - 1


async def test_a_caller_too_many_costs_the_one_who_has_been_silent_longest() -> None:
    limiter, one = MemoryRateLimiter(lambda: 0, most=2), Allowance("one", 1, 60)
    assert (await limiter.take("a", one)).passes
    assert (await limiter.take("b", one)).passes
    assert not (await limiter.take("a", one)).passes
    assert (await limiter.take("c", one)).passes
    assert not (await limiter.take("a", one)).passes, "forgotten though it asked after b did"
    assert (await limiter.take("b", one)).passes
