"""What recurs of subscriptions, and pages of billing runs, which several workers share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE, append_only, drop_triggers
from scaicontrol_adapters.sql.types import JsonText, UtcInstant

revision = "026"
down_revision = "025"
branch_labels = None
depends_on = None

_MRR = "subscription_mrr"


def upgrade() -> None:
    """Apply; a run that is open already stays as it is, and is joined by nobody."""
    with op.batch_alter_table("billing_runs") as table:
        table.add_column(sa.Column("open_key", sa.String(length=96), nullable=True))
        table.create_unique_constraint(op.f("uq_billing_runs_open_key"), ["open_key"])
    _pages_of_runs()
    _recurrences()


def downgrade() -> None:
    """Take back."""
    drop_triggers(op, (f"{_MRR}_no_update", f"{_MRR}_no_delete"))
    op.drop_table(_MRR)
    op.drop_table("billing_run_pages")
    with op.batch_alter_table("billing_runs") as table:
        table.drop_constraint(op.f("uq_billing_runs_open_key"), type_="unique")
        table.drop_column("open_key")


def _pages_of_runs() -> None:
    op.create_table(
        "billing_run_pages",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=True),
        sa.Column("seller_id", sa.String(length=36), nullable=False),
        sa.Column("cutoff", sa.Date(), nullable=False),
        sa.Column("cursor", sa.String(length=36), nullable=True),
        sa.Column("upto", sa.String(length=36), nullable=False),
        sa.Column("tenants", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=120), nullable=False),
        sa.Column("workers", JsonText(), nullable=False),
        sa.Column("claimed_at", UtcInstant(), nullable=False),
        sa.Column("leased_until", UtcInstant(), nullable=False),
        sa.Column("finished_at", UtcInstant(), nullable=True),
        sa.Column("totals", JsonText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["billing_runs.id"], name=op.f("fk_billing_run_pages_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_run_pages")),
        sa.UniqueConstraint("run_id", "number", name=op.f("uq_billing_run_pages_run_id_number")),
        **MARIADB_TABLE,
    )
    for columns in (("run_id", "seller_id", "cutoff", "number"), ("run_id", "finished_at")):
        op.create_index(op.f(f"ix_billing_run_pages_{'_'.join(columns)}"), "billing_run_pages", list(columns))


def _recurrences() -> None:
    op.create_table(
        _MRR,
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seller_id", sa.String(length=36), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recurrence", JsonText(), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f(f"fk_{_MRR}_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("subscription_id", "version", name=op.f(f"pk_{_MRR}")),
        **MARIADB_TABLE,
    )
    for columns in (("seller_id", "tenant_id", "day"), ("tenant_id", "day")):
        op.create_index(op.f(f"ix_{_MRR}_{'_'.join(columns)}"), _MRR, list(columns))
    append_only(op, _MRR)
