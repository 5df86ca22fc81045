"""Users, groups, memberships, roles, and readings of the directory."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import (
    Code,
    Id,
    Json,
    Name,
    PartnerScoped,
    PlatformOnly,
    PrimaryId,
    Row,
    Slug,
    index,
    of_tenant,
    state_of,
    table,
    unique,
)
from scaicontrol_core.identity.lifecycle import GROUP_LIFECYCLE, USER_LIFECYCLE

#: Room for a name, an address and an id after case folding, which lengthens some letters.
_SEARCH_LENGTH = 1000
_TEXT = 500
_EXTERNAL = 100


class UserRow(Row, PartnerScoped):
    """A person whom the directory knows. Of a partner; which of its tenants may change."""

    __tablename__ = "users"
    __table_args__ = table(
        of_tenant(),
        ForeignKeyConstraint(["partner_id"], ["partners.id"]),
        unique("external_id", "partner_id", code="user_taken_over", message="This user is there.", race=True),
        UniqueConstraint("id", "partner_id"),
        state_of(USER_LIFECYCLE),
        index("created_at", "id"),
        index("name", "id"),
        index("partner_id", "created_at", "id"),
    )

    id: Mapped[PrimaryId]
    external_id: Mapped[str] = mapped_column(String(_EXTERNAL))
    tenant_id: Mapped[Id | None]
    name: Mapped[Name]
    email: Mapped[str | None] = mapped_column(String(320))
    search_text: Mapped[str] = mapped_column(String(_SEARCH_LENGTH))
    status: Mapped[Code]
    directory_roles: Mapped[Json]
    roles: Mapped[Json]
    created_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]
    seen_run: Mapped[Id | None]
    version: Mapped[int]


class GroupRow(Row, PartnerScoped):
    """A group of a partner, or of one of its tenants; without ``external_id`` it is a local one."""

    __tablename__ = "user_groups"
    __table_args__ = table(
        of_tenant(),
        ForeignKeyConstraint(["partner_id"], ["partners.id"]),
        unique("external_id", "partner_id", code="group_taken_over", message="This group is there.", race=True),
        UniqueConstraint("id", "partner_id"),
        state_of(GROUP_LIFECYCLE),
        index("created_at", "id"),
        index("name", "id"),
    )

    id: Mapped[PrimaryId]
    external_id: Mapped[str | None] = mapped_column(String(_EXTERNAL))
    tenant_id: Mapped[Id | None]
    name: Mapped[Name]
    description: Mapped[str] = mapped_column(String(_TEXT))
    search_text: Mapped[str] = mapped_column(String(_SEARCH_LENGTH))
    status: Mapped[Code]
    directory_roles: Mapped[Json]
    roles: Mapped[Json]
    created_at: Mapped[datetime]
    seen_run: Mapped[Id | None]
    version: Mapped[int]


class GroupMemberRow(Row, PartnerScoped):
    """A user in a group; the database itself refuses a user of another partner."""

    __tablename__ = "group_members"
    __table_args__ = table(
        ForeignKeyConstraint(["group_id", "partner_id"], ["user_groups.id", "user_groups.partner_id"]),
        ForeignKeyConstraint(["user_id", "partner_id"], ["users.id", "users.partner_id"]),
        index("user_id", "group_id"),
    )

    group_id: Mapped[PrimaryId]
    user_id: Mapped[PrimaryId]
    since: Mapped[datetime]
    is_synced: Mapped[bool]
    seen_run: Mapped[Id | None]


class CustomRoleRow(Row, PartnerScoped):
    """A partner's own bundle of permissions. ``live_name`` is its name until it is deleted, and then NULL."""

    __tablename__ = "custom_roles"
    __table_args__ = table(
        ForeignKeyConstraint(["partner_id"], ["partners.id"]),
        unique("partner_id", "live_name", code="role_name_taken", message="There is a role of that name already."),
    )

    id: Mapped[PrimaryId]
    name: Mapped[Slug]
    live_name: Mapped[Slug | None]
    description: Mapped[str] = mapped_column(String(_TEXT))
    permissions: Mapped[Json]
    created_at: Mapped[datetime]
    is_deleted: Mapped[bool]
    version: Mapped[int]


class DirectoryRunRow(Row, PlatformOnly):
    """A reading of the directory. ``open_slot`` is 1 until its end and NULL afterwards: there is one open at most."""

    __tablename__ = "directory_runs"
    __table_args__ = table(
        unique("open_slot", code="directory_run_open", message="The directory is being read.", race=True),
        index("started_at", "id"),
    )

    id: Mapped[PrimaryId]
    open_slot: Mapped[int | None] = mapped_column(Integer)
    phase: Mapped[Code]
    cursor: Mapped[str | None] = mapped_column(String(1024))
    listed: Mapped[int]
    is_readable: Mapped[bool]
    complete: Mapped[Json]
    is_forced: Mapped[bool]
    worker: Mapped[Id]
    leased_until: Mapped[datetime]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    is_abandoned: Mapped[bool]
    tallies: Mapped[Json]
    skipped: Mapped[Json]
    error_code: Mapped[Code | None]
    version: Mapped[int]
