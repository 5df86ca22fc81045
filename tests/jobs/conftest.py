"""A container over an SQLite database, as a server that runs its own jobs has it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from tests.services.audit_rules import told_in_full
from tests.services.audit_trail import Commit, followed


@pytest.fixture
async def container(tmp_path: Path, migrated_sqlite_url: str) -> AsyncIterator[Container]:
    """A container of its own, closed afterwards."""
    settings = Settings(database_url=migrated_sqlite_url, data_dir=tmp_path, pdf_workers=1)
    async with Container.from_settings(settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def migrated_sqlite_file(migrated_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at the newest revision, to be copied, and every copy's commits to be followed."""
    return followed(migrated_sqlite_file, tmp_path_factory.mktemp("followed"))


@pytest.fixture(autouse=True)
def everything_is_told(request: pytest.FixtureRequest) -> Iterator[list[Commit]]:
    """Hold the audit log to what every commit changed; here are the commits."""
    with told_in_full(request) as commits:
        yield commits
