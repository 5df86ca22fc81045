"""What a directory says: its users, groups and memberships, as values without any history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from attrs import frozen

from scaicontrol_core.kernel.checks import Check, check_fields, distinct, flag, maybe_text, required, text

V = TypeVar("V")
#: The longest id of anything in a directory; tokens name their subjects by the same.
MAX_EXTERNAL_ID = 100
_SHARED: Mapping[str, Check] = {
    "id": required(MAX_EXTERNAL_ID),
    "name": required(200),
    "partner_id": maybe_text(36),
    "tenant_id": maybe_text(36),
    "roles": distinct(required(100)),
}


@frozen(kw_only=True)
class DirectoryUser:
    """A person. ``id`` is the subject of their tokens; without a tenant they work for the partner itself.

    ``roles`` are those that the directory itself gives them: to be shown, for tokens bring them along.
    """

    id: str
    name: str
    email: str | None = None
    partner_id: str | None = None
    tenant_id: str | None = None
    is_active: bool = True
    roles: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Refuse what no database would keep; ``Invalid`` names the fields."""
        check_fields(self, {**_SHARED, "email": maybe_text(320), "is_active": flag})


@frozen(kw_only=True)
class DirectoryGroup:
    """A group, of a partner, or of one tenant."""

    id: str
    name: str
    description: str = ""
    partner_id: str | None = None
    tenant_id: str | None = None
    roles: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Refuse what no database would keep; ``Invalid`` names the fields."""
        check_fields(self, {**_SHARED, "description": text(500)})


@frozen(kw_only=True, order=True)
class DirectoryMembership:
    """Who is in which group, by the directory's own ids."""

    group_id: str
    user_id: str

    def __attrs_post_init__(self) -> None:
        """Refuse what no database would keep; ``Invalid`` names the fields."""
        check_fields(self, {"group_id": required(MAX_EXTERNAL_ID), "user_id": required(MAX_EXTERNAL_ID)})


@frozen(kw_only=True)
class Unreadable:
    """An item that cannot be used, and why; ``id`` is its own if at least that could be read."""

    id: str | None
    reason: str


@frozen(kw_only=True)
class DirectoryPage(Generic[V]):
    """Part of a listing. ``total`` is how many items it has in all; ``next_cursor`` None: this was the last part."""

    items: tuple[V, ...]
    total: int
    next_cursor: str | None = None
    unreadable: tuple[Unreadable, ...] = ()


@frozen(kw_only=True)
class Snapshot:
    """A whole directory; users and groups by id."""

    users: Mapping[str, DirectoryUser] = {}
    groups: Mapping[str, DirectoryGroup] = {}
    memberships: frozenset[DirectoryMembership] = frozenset()
