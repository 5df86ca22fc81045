"""What the core's tests share: a world in memory, with its clock."""

from __future__ import annotations

import pytest

from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, SequentialIds


@pytest.fixture
def clock() -> FixedClock:
    """A clock that tests move by hand; it begins on 15 January 2026."""
    return FixedClock()


@pytest.fixture
def world(clock: FixedClock) -> MemoryUnitOfWorkFactory:
    """Units of work over an empty store."""
    return MemoryUnitOfWorkFactory(clock, SequentialIds())
