"""Processes that die as in a power cut: at a commit, or around any call."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable
from typing import Any

from attrs import define

from scaicontrol_core.testing.faults import FaultyWork


def die() -> None:
    """End this process as a power cut does."""
    os.kill(os.getpid(), signal.SIGKILL)


class DyingWork(FaultyWork):
    """Units of work of a process that is killed at a commit, before or after it counts."""

    async def commit(self, work: Any) -> None:
        """Commit, and die if it is time."""
        self.commits += 1
        if self.commits == self.kill_before:
            die()
        await work.commit()
        if self.commits == self.kill_after:
            die()


@define
class DyingPort:
    """A port whose process is killed before or after one of the calls of a method, counted from 1."""

    inner: Any
    method: str
    when: str
    count: int

    def __getattr__(self, name: str) -> Any:
        """Return what the other port has; the one method is watched."""
        found = getattr(self.inner, name)
        return self._watched(found) if name == self.method else found

    def _watched(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def watched(*args: Any, **named: Any) -> Any:
            self.count -= 1
            mine = self.count == 0
            if mine and self.when == "before":
                die()
            answer = await call(*args, **named)
            if mine:
                die()
            return answer

        return watched


def in_a_process_that_dies(work: Callable[[], None]) -> None:
    """Run it in a process of its own, which a SIGKILL has to end."""
    with warnings.catch_warnings():
        # Newer Pythons warn of forks beside threads; the child uses none of its parent's.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it was to die, and came home"
    assert os.WTERMSIG(status) == signal.SIGKILL
