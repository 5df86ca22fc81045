"""Several that are told what was committed, as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.kernel.events import Event
    from scaicontrol_core.kernel.work import AfterCommit


@frozen
class Told:
    """Tells each of them, in order (port ``AfterCommit``)."""

    each: tuple[AfterCommit, ...]

    async def __call__(self, events: Sequence[Event]) -> None:
        """Tell them."""
        for one in self.each:
            await one(events)
