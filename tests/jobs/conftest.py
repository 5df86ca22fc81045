"""A container over an SQLite database, as a server that runs its own jobs has it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings


@pytest.fixture
async def container(tmp_path: Path, migrated_sqlite_url: str) -> AsyncIterator[Container]:
    """A container of its own, closed afterwards."""
    settings = Settings(database_url=migrated_sqlite_url, data_dir=tmp_path, pdf_workers=1)
    async with Container.from_settings(settings) as opened:
        yield opened
