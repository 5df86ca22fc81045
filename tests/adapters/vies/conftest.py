"""Clients of VIES that wait for nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from scaicontrol_adapters.vies.register import Patience, ViesRegister
from tests.services.vies import Vies

NO_PATIENCE = Patience(request_seconds=5, question_seconds=0)


@pytest.fixture
async def client(vies: Vies) -> AsyncIterator[Callable[..., ViesRegister]]:
    """Make clients of it; by default they ask once."""
    made: list[ViesRegister] = []

    def make(patience: Patience = NO_PATIENCE, url: str = "", path: str = "/check-vat-number") -> ViesRegister:
        made.append(ViesRegister(url=url or vies.url, path=path, patience=patience))
        return made[-1]

    yield make
    for each in made:
        await each.close()
