"""Crashes on demand: the power fails at a commit, or somebody else is faster."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from attrs import define, field

from scaicontrol_core.kernel.errors import CommitUnknown


class Killed(BaseException):
    """The program died here. No ``except Exception`` catches it, as none catches a power cut."""


@define
class FaultyWork:
    """Units of work over another factory, whose commits can be watched and killed.

    Commits are counted from 1. ``kill_before`` names the one that never happens, ``kill_after``
    the one after which the program dies; ``lose_before`` and ``lose_after`` the one whose answer
    is lost, with or without effect; ``meanwhile`` runs before each with its number, for
    what others do in between.
    """

    inner: Any
    kill_before: int | None = None
    kill_after: int | None = None
    lose_before: int | None = None
    lose_after: int | None = None
    meanwhile: Callable[[int], Awaitable[None]] | None = None
    commits: int = field(default=0, init=False)

    @asynccontextmanager
    async def begin(self, actor: Any, *, read_only: bool = False) -> AsyncIterator[Any]:
        """Open a unit of work of the other factory."""
        async with self.inner.begin(actor, read_only=read_only) as work:
            yield _Watched(work, self)

    async def commit(self, work: Any) -> None:
        """Commit, unless it is time to die."""
        self.commits += 1
        number = self.commits
        if self.meanwhile is not None:
            await self.meanwhile(number)
        if number == self.kill_before:
            raise Killed(f"before commit {number}")
        if number == self.lose_before:
            raise CommitUnknown(f"commit {number} never arrived")
        await work.commit()
        if number == self.kill_after:
            raise Killed(f"after commit {number}")
        if number == self.lose_after:
            raise CommitUnknown(f"commit {number} was never answered")


class _Watched:
    def __init__(self, work: Any, faults: FaultyWork) -> None:
        self._work = work
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    async def commit(self) -> None:
        await self._faults.commit(self._work)
