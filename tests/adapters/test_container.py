"""The container gives use cases their ports by name, and runs them again when the database asks for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import frozen

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import Retryable
from scaicontrol_core.kernel.work import Retry
from scaicontrol_core.tenancy.partner import NewPartner
from scaicontrol_core.tenancy.seller import PartnerConfiguration
from scaicontrol_core.tenancy.use_cases.bootstrap_operator import BootstrapOperator
from scaicontrol_core.tenancy.use_cases.get_operator import GetOperator
from scaicontrol_core.testing import FixedClock

ATTEMPTS: list[str] = []


@frozen
class Stubborn:
    """A use case that the database gives up twice."""

    clock: Clock

    async def __call__(self, actor: Actor) -> datetime:
        """Succeed at the third attempt."""
        ATTEMPTS.append(actor.subject)
        if len(ATTEMPTS) % 3:
            raise Retryable("Again, please.")
        return self.clock.now()


@frozen
class Patient:
    """A use case of many transactions, which runs each again by itself."""

    retry: Retry

    async def __call__(self, actor: Actor) -> None:
        """Give up at once."""
        ATTEMPTS.append(actor.subject)
        raise Retryable("Again, please.")


@frozen
class Strange:
    """A use case that asks for something nobody has."""

    crystal_ball: Any

    async def __call__(self, actor: Actor) -> None:
        """Do nothing."""


@pytest.fixture(autouse=True)
def no_attempts() -> None:
    ATTEMPTS.clear()


async def test_ports_are_found_by_name_and_a_use_case_is_run_again_as_a_whole() -> None:
    container = Container.in_memory()
    assert await container.use(Stubborn)(Actor.system("test")) == container.clock.now()
    assert len(ATTEMPTS) == 3


async def test_a_use_case_that_retries_by_itself_is_left_to_it() -> None:
    with pytest.raises(Retryable):
        await Container.in_memory().use(Patient)(Actor.system("test"))
    assert len(ATTEMPTS) == 1


def test_a_use_case_is_built_once() -> None:
    container = Container.in_memory()
    assert container.use(Stubborn) is container.use(Stubborn)


def test_what_no_port_is_named_after_is_refused() -> None:
    with pytest.raises(TypeError, match="crystal_ball"):
        Container.in_memory().use(Strange)


async def test_a_container_on_a_database_keeps_what_use_cases_write(migrated_sqlite_url: str) -> None:
    clock = FixedClock(datetime(2026, 3, 1, tzinfo=UTC))
    async with Container.from_settings(Settings(database_url=migrated_sqlite_url), clock=clock) as container:
        wanted = NewPartner(name="Operator", configuration=PartnerConfiguration())
        made = await container.use(BootstrapOperator)(Actor.system("test"), wanted)
        assert made.created_at == clock.now()
    async with Container.from_settings(Settings(database_url=migrated_sqlite_url)) as container:
        assert (await container.use(GetOperator)(Actor.system("test"))).id == made.id
