"""Editing what exists: which fields a change leaves alone, and whether it was made on the present version."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, TypeAlias

from scaicontrol_core.kernel.errors import Stale


class _Unset(Enum):
    """The type of ``UNSET``: an enum, so that mypy narrows ``is UNSET``."""

    UNSET = "unset"

    def __bool__(self) -> bool:
        """Nothing was given, so nothing is true of it."""
        return False


#: Marks a field that a partial change does not mention; None would mean "make it empty".
UNSET: Final = _Unset.UNSET
Unset: TypeAlias = Literal[_Unset.UNSET]


def require_version(expected: int | None, actual: int) -> None:
    """Raise ``Stale`` if the editor looked at another version; None means they did not say (no ``If-Match``)."""
    if expected is not None and expected != actual:
        stale = Stale(
            f"This is at version {actual} by now, not {expected}.", hint="Read it again and repeat the change on that."
        )
        stale.version = actual
        raise stale
