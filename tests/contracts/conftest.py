"""Which backends the contract tests run on: memory, SQLite and MariaDB keep the same promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, SequentialIds


@pytest.fixture(params=["memory", "sqlite", pytest.param("mariadb", marks=pytest.mark.services)])
async def work_factory(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """Begin units of work over one backend after the other, empty at first."""
    if request.param == "memory":
        yield MemoryUnitOfWorkFactory(FixedClock(), SequentialIds())
        return
    database = create_engine(request.getfixturevalue(f"migrated_{request.param}_url"))
    yield SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds())
    await database.aclose()
