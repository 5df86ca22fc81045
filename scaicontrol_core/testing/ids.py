"""Identifiers one can predict."""

from __future__ import annotations

from attrs import define

from scaicontrol_core.kernel.ids import compose_id


@define
class SequentialIds:
    """An ``Ids`` that counts: each identifier is greater than all before it, whatever the prefix."""

    count: int = 0

    def new(self, prefix: str) -> str:
        """Return the next one, e.g. ``tnt_00000000000000000000000001``."""
        self.count += 1
        return compose_id(prefix, 0, self.count)
