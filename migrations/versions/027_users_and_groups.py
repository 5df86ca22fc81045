"""Users and groups as the directory has them, local groups and roles, and how far the directory was read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE
from scaicontrol_adapters.sql.types import JsonText, UtcInstant

revision = "027"
down_revision = "026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _users()
    _groups()
    _members()
    _roles()
    _runs()


def downgrade() -> None:
    """Take back."""
    for name in ("directory_runs", "custom_roles", "group_members", "user_groups", "users"):
        op.drop_table(name)


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=36), nullable=nullable)


def _of_partner(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f(f"fk_{table}_partner_id"))


def _of_tenant(table: str) -> sa.ForeignKeyConstraint:
    owners = ["tenant_id", "partner_id"]
    return sa.ForeignKeyConstraint(
        owners, ["tenants.id", "tenants.partner_id"], name=op.f(f"fk_{table}_tenant_id_partner_id")
    )


def _indexes(table: str, *listed: tuple[str, ...]) -> None:
    for columns in listed:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _users() -> None:
    op.create_table(
        "users",
        _id("id"),
        sa.Column("external_id", sa.String(length=100), nullable=False),
        _id("tenant_id", nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("search_text", sa.String(length=1000), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("directory_roles", JsonText(), nullable=False),
        sa.Column("roles", JsonText(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("deactivated_at", UtcInstant(), nullable=True),
        _id("seen_run", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _id("partner_id"),
        sa.CheckConstraint("status IN ('active', 'deactivated')", name=op.f("ck_users_status_known")),
        _of_tenant("users"),
        _of_partner("users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("external_id", "partner_id", name=op.f("uq_users_external_id_partner_id")),
        sa.UniqueConstraint("id", "partner_id", name=op.f("uq_users_id_partner_id")),
        **MARIADB_TABLE,
    )
    _indexes("users", ("created_at", "id"), ("name", "id"), ("partner_id", "created_at", "id"))


def _groups() -> None:
    op.create_table(
        "user_groups",
        _id("id"),
        sa.Column("external_id", sa.String(length=100), nullable=True),
        _id("tenant_id", nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("search_text", sa.String(length=1000), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("directory_roles", JsonText(), nullable=False),
        sa.Column("roles", JsonText(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        _id("seen_run", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _id("partner_id"),
        sa.CheckConstraint("status IN ('active', 'removed')", name=op.f("ck_user_groups_status_known")),
        _of_tenant("user_groups"),
        _of_partner("user_groups"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_groups")),
        sa.UniqueConstraint("external_id", "partner_id", name=op.f("uq_user_groups_external_id_partner_id")),
        sa.UniqueConstraint("id", "partner_id", name=op.f("uq_user_groups_id_partner_id")),
        **MARIADB_TABLE,
    )
    _indexes("user_groups", ("created_at", "id"), ("name", "id"))


def _members() -> None:
    op.create_table(
        "group_members",
        _id("group_id"),
        _id("user_id"),
        sa.Column("since", UtcInstant(), nullable=False),
        sa.Column("is_synced", sa.Boolean(), nullable=False),
        _id("seen_run", nullable=True),
        _id("partner_id"),
        sa.ForeignKeyConstraint(
            ["group_id", "partner_id"],
            ["user_groups.id", "user_groups.partner_id"],
            name=op.f("fk_group_members_group_id_partner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "partner_id"],
            ["users.id", "users.partner_id"],
            name=op.f("fk_group_members_user_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "user_id", name=op.f("pk_group_members")),
        **MARIADB_TABLE,
    )
    _indexes("group_members", ("user_id", "group_id"))


def _roles() -> None:
    op.create_table(
        "custom_roles",
        _id("id"),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("live_name", sa.String(length=60), nullable=True),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("permissions", JsonText(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _id("partner_id"),
        _of_partner("custom_roles"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_roles")),
        sa.UniqueConstraint("partner_id", "live_name", name=op.f("uq_custom_roles_partner_id_live_name")),
        **MARIADB_TABLE,
    )


def _runs() -> None:
    op.create_table(
        "directory_runs",
        _id("id"),
        sa.Column("open_slot", sa.Integer(), nullable=True),
        sa.Column("phase", sa.String(length=32), nullable=False),
        sa.Column("cursor", sa.String(length=1024), nullable=True),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("is_readable", sa.Boolean(), nullable=False),
        sa.Column("complete", JsonText(), nullable=False),
        sa.Column("is_forced", sa.Boolean(), nullable=False),
        _id("worker"),
        sa.Column("leased_until", UtcInstant(), nullable=False),
        sa.Column("started_at", UtcInstant(), nullable=False),
        sa.Column("finished_at", UtcInstant(), nullable=True),
        sa.Column("is_abandoned", sa.Boolean(), nullable=False),
        sa.Column("tallies", JsonText(), nullable=False),
        sa.Column("skipped", JsonText(), nullable=False),
        sa.Column("error_code", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_runs")),
        sa.UniqueConstraint("open_slot", name=op.f("uq_directory_runs_open_slot")),
        **MARIADB_TABLE,
    )
    _indexes("directory_runs", ("started_at", "id"))
