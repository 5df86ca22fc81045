"""A house in memory."""

from __future__ import annotations

import pytest

from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, SequentialIds
from scaicontrol_core.testing.household import House


@pytest.fixture
async def house() -> House:
    """A house in memory."""
    return await House.built(MemoryUnitOfWorkFactory(FixedClock(), SequentialIds()))
