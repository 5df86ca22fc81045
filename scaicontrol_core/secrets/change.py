"""A change of a secret, as the audit log hears of it: before it is tried, and after it took effect.

The store of secrets is no part of the database: the intent is committed first, so that no
change can go unrecorded, whatever breaks in between.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from attrs import define, field

from scaicontrol_core.kernel.events import Event, Recorder
from scaicontrol_core.secrets.events import SecretChangeBegun, SecretDeleted, SecretSet

if TYPE_CHECKING:
    from typing import Self

_ID_DIGITS = 26


def secret_id(path: str) -> str:
    """Return what the audit log calls a secret: a path may be longer than an id."""
    return f"sec_{sha256(path.encode()).hexdigest()[:_ID_DIGITS]}"


@define(kw_only=True, eq=False)
class SecretChange(Recorder):
    """One step of a change; hand it to ``SecretChanges``."""

    path: str
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @classmethod
    def begun(cls, path: str, *, deletes: bool) -> Self:
        """Somebody is about to do it."""
        change = cls(path=path)
        change._record(SecretChangeBegun(resource_id=secret_id(path), path=path, deletes=deletes))
        return change

    @classmethod
    def set_to(cls, path: str, version: int) -> Self:
        """A new version is kept."""
        change = cls(path=path)
        change._record(SecretSet(resource_id=secret_id(path), path=path, version=version))
        return change

    @classmethod
    def deleted(cls, path: str) -> Self:
        """It is gone."""
        change = cls(path=path)
        change._record(SecretDeleted(resource_id=secret_id(path), path=path))
        return change
