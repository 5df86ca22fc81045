"""The directory in the background: followed in slices, by one at a time, and only if there is one."""

from __future__ import annotations

from attrs import evolve
from structlog.testing import capture_logs

from scaicontrol_adapters.container import Container
from scaicontrol_core.identity.ports import UserFilter
from scaicontrol_core.identity.snapshot import Snapshot
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.directory import MemoryDirectory
from scaicontrol_core.testing.household import ALL, BOSS, user
from scaicontrol_jobs.identity import sync_directory
from scaicontrol_jobs.schedule import SCHEDULE


async def _with_directory(container: Container, *names: str) -> MemoryDirectory:
    async with container.work.begin(BOSS) as work:
        await work.partners.add(builders.new_partner())
        await work.commit()
    container.settings = evolve(
        container.settings, directory_client_id="us", directory_client_secret="hush", scaikey_url="http://127.0.0.1:1"
    )
    container.directory = directory = MemoryDirectory(Snapshot(users={name: user(name) for name in names}))
    return directory


async def test_nothing_is_asked_without_a_directory(container: Container) -> None:
    assert not await sync_directory(container)


async def test_it_is_followed_every_hour(container: Container) -> None:
    directory = await _with_directory(container, "ann", "bob")
    assert not await sync_directory(container)
    async with container.work.begin(BOSS, read_only=True) as work:
        assert (await work.users.list(ALL, UserFilter())).total == 2  # type: ignore[attr-defined]  # of identity's work
    directory.snapshot = Snapshot(users={"ann": user("ann", tenant_id="tnt_nobodys")})
    with capture_logs() as lines:
        assert not await sync_directory(container)
    assert [(line["event"], line.get("reasons")) for line in lines] == [("directory_items_skipped", ["unknown_tenant"])]
    assert next(job for job in SCHEDULE if job.name == "sync_directory").every_seconds == 3600
