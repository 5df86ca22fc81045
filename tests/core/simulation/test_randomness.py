"""Chance that can be repeated: a seed, a name, a counter, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.simulation import SeededIds, Stream, VirtualClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
seeds = st.integers(0, 2**63 - 1)


def test_the_numbers_are_those_of_splitmix64() -> None:
    # The reference implementation's first outputs for the state 1234567.
    assert [Stream(1234567).at(place) for place in range(3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


@given(seeds, st.integers(1, 10**6), st.integers(0, 10**6))
def test_a_draw_keeps_its_bounds_and_repeats(seed: int, bound: int, place: int) -> None:
    drawn = Stream.of(seed).fork("a", "b").below(bound, place)
    assert 0 <= drawn < bound
    assert Stream.of(seed).fork("a").fork("b").below(bound, place) == drawn
    assert 5 <= Stream.of(seed).between(5, 5 + bound, place) <= 5 + bound


def test_streams_of_other_names_or_seeds_have_nothing_in_common() -> None:
    places = range(200)
    streams = [Stream.of(1), Stream.of(2), Stream.of(1).fork("a"), Stream.of(1).fork("b"), Stream.of(1).fork("ab")]
    drawn = {stream.at(place) for stream in streams for place in places}
    assert len(drawn) == len(streams) * len(places)


def test_what_happens_so_often_happens_about_so_often() -> None:
    stream = Stream.of(9)
    assert 220 < sum(stream.happens(250, place) for place in range(1000)) < 280
    assert not any(stream.happens(0, place) for place in range(1000))
    assert all(stream.happens(1000, place) for place in range(1000))


def test_weights_decide_and_weightless_things_never_come() -> None:
    picked = [Stream.of(3).weighted((("a", 3), ("never", 0), ("b", 1)), place) for place in range(1000)]
    assert set(picked) == {"a", "b"}
    assert 700 < picked.count("a") < 800
    with pytest.raises(ValueError, match="weight"):
        Stream.of(3).weighted((("a", 0),))


def test_the_clock_goes_on_and_never_back() -> None:
    clock = VirtualClock(NOON)
    clock.move_to(NOON + timedelta(hours=1))
    assert clock.now() == NOON + timedelta(hours=1)
    with pytest.raises(ValueError, match="does not go back"):
        clock.move_to(NOON)


def test_ids_grow_and_are_the_same_for_the_same_seed() -> None:
    def made(seed: int) -> list[str]:
        clock = VirtualClock(NOON)
        ids = SeededIds(clock, Stream.of(seed))
        first = [ids.new("tnt") for _ in range(3)]
        clock.move_to(NOON + timedelta(milliseconds=5))
        return [*first, *(ids.new("tnt") for _ in range(3))]

    assert made(1) == made(1) == sorted(set(made(1)))
    assert not set(made(1)) & set(made(2))
