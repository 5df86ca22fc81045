"""Follow the directory: users, groups and memberships, page by page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol, TypeVar

from attrs import frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.identity.diff import is_implausible
from scaicontrol_core.identity.errors import DirectoryCursorLost, DirectoryIncoherent, SyncRunning
from scaicontrol_core.identity.following import VANISHED, Followed, Following
from scaicontrol_core.identity.ports import Directory, IdentityWork
from scaicontrol_core.identity.run import DirectoryRun, Kind, Phase, SyncReport, Tally
from scaicontrol_core.identity.snapshot import DirectoryPage
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.errors import ScaiControlError, Stale
from scaicontrol_core.kernel.ids import GroupId, Ids, UserId
from scaicontrol_core.kernel.work import Retry, UnitOfWorkFactory

#: Removed in one transaction.
_BATCH = 200
#: An administrator's edit may come in between; the page is then taken over once more.
_ATTEMPTS = 5
_LISTINGS = frozenset({Phase.USERS, Phase.GROUPS, Phase.MEMBERSHIPS})
V = TypeVar("V")
Step = Callable[[IdentityWork, DirectoryRun], Awaitable[None]]
Follow = Callable[[Following], Awaitable[Followed]]


@frozen
class SyncDirectory:
    """Make our users, groups and memberships those of the directory, local roles and groups apart.

    One transaction a page, which keeps how far it got: killed anywhere, the next call goes on
    there. Who vanished goes last, and only if the listing was read whole and it is plausible
    (``force``: anyhow). Raises ``SyncRunning`` while somebody else is at it, and what the directory raises.
    """

    work: UnitOfWorkFactory[IdentityWork]
    clock: Clock
    ids: Ids
    directory: Directory
    retry: Retry

    async def __call__(self, actor: Actor, *, force: bool = False, seconds: int | None = None) -> SyncReport:
        """Return what came of it; after ``seconds`` it stops between two pages, for a later call to go on."""
        actor.require(Permission.ADMIN_USERS)
        actor.require_platform()
        worker = self.ids.new("wrk")
        run = await self.retry(lambda: self._begin(actor, worker, force=force))
        until = None if seconds is None else self.clock.now() + timedelta(seconds=seconds)
        try:
            while not run.is_done and (until is None or self.clock.now() < until):
                run = await self._go_on(actor, run)
        except SyncRunning:
            raise
        except ScaiControlError as error:
            await self._leave(actor, run, error.code)
            raise
        if not run.is_done:
            run = await self._leave(actor, run, None)
        return SyncReport.of(run)

    async def _begin(self, actor: Actor, worker: str, *, force: bool) -> DirectoryRun:
        async with self.work.begin(actor) as work:
            now, run = self.clock.now(), await work.directory_runs.open()
            if run is not None and run.is_forgotten(now):
                run.abandon(now)
                await work.directory_runs.save(run)
                run = None
            if run is None:
                run = DirectoryRun.begin(self.ids.new("syn"), worker, now, force=force)
                await work.directory_runs.add(run)
            else:
                run.take_up(worker, now, force=force)
                await work.directory_runs.save(run)
            await work.commit()
        return run

    async def _go_on(self, actor: Actor, run: DirectoryRun) -> DirectoryRun:
        """Take one page, or one batch."""
        if run.phase not in _LISTINGS:
            return await self._keep(actor, run, self._sweep)
        try:
            step = await self._page(run)
        except DirectoryCursorLost:
            if run.cursor is None:
                raise DirectoryIncoherent("The directory loses the cursor of a listing's start.") from None
            return await self._keep(actor, run, _anew)
        return await self._keep(actor, run, step)

    async def _page(self, run: DirectoryRun) -> Step:
        """Fetch a page, outside of any transaction; return what takes it over."""
        if run.phase is Phase.USERS:
            users = await self.directory.users(run.cursor)
            return self._taking(users, run, lambda following: following.users(users.items))
        if run.phase is Phase.GROUPS:
            groups = await self.directory.groups(run.cursor)
            return self._taking(groups, run, lambda following: following.groups(groups.items))
        members = await self.directory.memberships(run.cursor)
        return self._taking(members, run, lambda following: following.memberships(members.items))

    def _taking(self, page: DirectoryPage[V], run: DirectoryRun, follow: Follow) -> Step:
        if page.next_cursor is not None and page.next_cursor == run.cursor:
            raise DirectoryIncoherent("A page of the directory leads to itself.")
        if page.next_cursor is not None and run.listed > page.total:
            raise DirectoryIncoherent("The directory lists more than it says there is, without an end.")

        async def step(work: IdentityWork, run: DirectoryRun) -> None:
            following = Following(work, self.ids, run.id, self.clock.now())
            spared = await following.spare(run.phase.kind, page.unreadable)
            followed = await follow(following)
            for each in (spared, followed):
                run.count(each.tally, each.skipped)
            readable = all(each.id is not None for each in page.unreadable)
            items = len(page.items) + len(page.unreadable)
            run.turn_page(items, page.total, page.next_cursor, is_readable=readable)

        return step

    async def _sweep(self, work: IdentityWork, run: DirectoryRun) -> None:
        """Remove a batch of what no page named, or go on to the next part."""
        kind = run.phase.kind
        vanished, known = await _counted(work, kind).count_unseen(run.id)
        # Once it has begun to remove, what is left is no measure of what vanished.
        begun = run.tallies[kind.value].removed > 0
        held = kind.value not in run.complete or (is_implausible(vanished, known) and not begun)
        if held and not (run.is_forced and kind.value in run.complete):
            run.count(Tally(held_back=vanished))
            run.advance(self.clock.now())
            return
        removed = await _remove(work, run, kind, self.clock)
        run.count(Tally(removed=removed))
        if removed < _BATCH:
            run.advance(self.clock.now())

    async def _keep(self, actor: Actor, run: DirectoryRun, step: Step) -> DirectoryRun:
        """Run one step in a transaction of its own, once more if somebody's edit came in between."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self.retry(lambda: self._kept(actor, run, step))
            except Stale:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError  # the last attempt returned or raised

    async def _kept(self, actor: Actor, run: DirectoryRun, step: Step) -> DirectoryRun:
        async with self.work.begin(actor) as work:
            present = await work.directory_runs.get(run.id)
            present.hold(run.worker, self.clock.now())
            await step(work, present)
            await work.directory_runs.save(present)
            await work.commit()
        return present

    async def _leave(self, actor: Actor, run: DirectoryRun, error_code: str | None) -> DirectoryRun:
        async def step(_: IdentityWork, present: DirectoryRun) -> None:
            present.let_go(self.clock.now(), error_code)

        return await self._keep(actor, run, step)


class _Seen(Protocol):
    """What counts who was seen."""

    async def count_unseen(self, run_id: str) -> tuple[int, int]:
        """Return how many were not seen, and how many there are."""
        ...


def _counted(work: IdentityWork, kind: Kind) -> _Seen:
    if kind is Kind.USERS:
        return work.users
    return work.groups if kind is Kind.GROUPS else work.members


async def _anew(_: IdentityWork, run: DirectoryRun) -> None:
    run.begin_listing_anew()


async def _remove(work: IdentityWork, run: DirectoryRun, kind: Kind, clock: Clock) -> int:
    """Remove a batch of a kind that no page named; return how many."""
    if kind is Kind.USERS:
        users = await work.users.unseen(run.id, limit=_BATCH)
        for user in users:
            user.deactivate(VANISHED, clock.now())
        await work.users.save_each(users)
        return len(users)
    if kind is Kind.GROUPS:
        groups = await work.groups.unseen(run.id, limit=_BATCH)
        for group in groups:
            group.remove()
        await work.groups.save_each(groups)
        return len(groups)
    gone = await work.members.unseen(run.id, limit=_BATCH)
    await work.members.remove_each([(each.group_id, each.user_id) for each in gone])
    left = dict[GroupId, list[UserId]]()
    for each in gone:
        left.setdefault(each.group_id, []).append(each.user_id)
    known = await work.groups.get_many(list(left))
    for group in known:
        group.note_members(left=left[group.id])
    await work.groups.save_each(known)
    return len(gone)
