"""Which backends the contract tests run on."""

from __future__ import annotations

from typing import Any

import pytest

from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, SequentialIds


@pytest.fixture(params=["memory"])
async def work_factory(request: pytest.FixtureRequest) -> Any:
    """Begin units of work over one backend after the other, empty at first."""
    return MemoryUnitOfWorkFactory(FixedClock(), SequentialIds())
