"""Which backends the contract tests run on: memory, SQLite and MariaDB keep the same promises."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from scaicontrol_adapters.sql.engine import create_engine
from scaicontrol_adapters.sql.migrate import migrate
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, SequentialIds


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at the newest revision, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    with ThreadPoolExecutor(1) as other_thread:
        other_thread.submit(asyncio.run, migrate(f"sqlite+aiosqlite:///{path}")).result()
    return path


@pytest.fixture(params=["memory", "sqlite", pytest.param("mariadb", marks=pytest.mark.services)])
async def work_factory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    """Begin units of work over one backend after the other, empty at first."""
    if request.param == "memory":
        yield MemoryUnitOfWorkFactory(FixedClock(), SequentialIds())
        return
    if request.param == "sqlite":
        copy = shutil.copy(request.getfixturevalue("migrated_sqlite_file"), tmp_path / "contract.db")
        url = f"sqlite+aiosqlite:///{copy}"
    else:
        url = request.getfixturevalue("migrated_mariadb_url")
    database = create_engine(url)
    yield SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds())
    await database.aclose()
