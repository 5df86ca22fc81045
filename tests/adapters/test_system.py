"""The machine's clock and identifiers."""

from __future__ import annotations

from datetime import UTC

import pytest

from scaicontrol_adapters.system import MonotonicIds, SystemClock


def test_the_clock_tells_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_every_identifier_is_greater_than_all_before_it() -> None:
    ids = MonotonicIds()
    made = [ids.new("inv") for _ in range(5000)]
    assert made == sorted(set(made))
    assert all(len(each) <= 36 for each in made)


def test_a_clock_set_back_turns_no_identifier_back(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = MonotonicIds()
    moments = iter([2_000_000_000_000_000_000, 1_000_000_000_000_000_000, 1_000_000_000_000_000_000])
    monkeypatch.setattr("scaicontrol_adapters.system.time.time_ns", lambda: next(moments))
    made = [ids.new("sub") for _ in range(3)]
    assert made == sorted(set(made))


def test_two_processes_do_not_make_the_same_ones() -> None:
    one, other = MonotonicIds(), MonotonicIds()
    assert not {one.new("usr") for _ in range(100)} & {other.new("usr") for _ in range(100)}
