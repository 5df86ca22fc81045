"""What befalls a secret, for the audit log alone: its path and version, never its value."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from scaicontrol_core.kernel.events import Event


@frozen(kw_only=True)
class SecretChangeBegun(Event):
    """Somebody is about to set or delete a secret; what follows tells whether it came to that."""

    action: ClassVar[str] = "secret.change_begun"
    resource_type: ClassVar[str] = "secret"
    path: str
    deletes: bool


@frozen(kw_only=True)
class SecretSet(Event):
    """A new version of a secret is kept."""

    action: ClassVar[str] = "secret.set"
    resource_type: ClassVar[str] = "secret"
    path: str
    version: int


@frozen(kw_only=True)
class SecretDeleted(Event):
    """A secret is gone, with all its versions."""

    action: ClassVar[str] = "secret.deleted"
    resource_type: ClassVar[str] = "secret"
    path: str
