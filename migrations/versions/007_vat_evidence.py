"""Evidence on VAT numbers: what the register said, and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE, append_only
from scaicontrol_adapters.sql.types import LONG_TEXT, UtcInstant

revision = "007"
down_revision = "006"
branch_labels = None
depends_on = None

_PROFILES, _PARTNERS, _EVIDENCE = "tenant_billing_profiles", "partners", "vat_evidence"
_STATES = "'never_checked', 'pending', 'valid', 'invalid'"
_SOURCES = "'none', 'vies', 'operator_attested'"
_DUE = "ix_tenant_billing_profiles_vat_state_vat_last_asked_at"


def upgrade() -> None:
    """Apply."""
    op.add_column(_PROFILES, sa.Column("vat_first_asked_at", UtcInstant(), nullable=True))
    op.add_column(_PROFILES, sa.Column("vat_last_asked_at", UtcInstant(), nullable=True))
    op.add_column(_PROFILES, sa.Column("vat_attempts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column(_PROFILES, sa.Column("vat_error_code", sa.String(length=255), nullable=True))
    op.add_column(_PROFILES, sa.Column("vat_as_typed", sa.String(length=255), nullable=True))
    op.create_index(op.f(_DUE), _PROFILES, ["vat_state", "vat_last_asked_at"], unique=False)
    op.add_column(_PARTNERS, sa.Column("vat_evidence_valid_days", sa.Integer(), nullable=False, server_default="30"))
    op.add_column(
        _PARTNERS,
        sa.Column("unverified_vat_number_policy", sa.String(length=32), nullable=False, server_default="charge"),
    )
    op.create_table(
        _EVIDENCE,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("asked_at", UtcInstant(), nullable=False),
        sa.Column("vat_number", sa.String(length=255), nullable=False),
        sa.Column("as_typed", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=True),
        sa.Column("requester", sa.String(length=255), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("error_code", sa.String(length=255), nullable=True),
        sa.Column("raw", LONG_TEXT, nullable=True),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint(f"state IN ({_STATES})", name=op.f("ck_vat_evidence_state_known")),
        sa.CheckConstraint(f"source IN ({_SOURCES})", name=op.f("ck_vat_evidence_source_known")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f("fk_vat_evidence_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vat_evidence")),
        **MARIADB_TABLE,
    )
    op.create_index(
        op.f("ix_vat_evidence_tenant_id_asked_at_id"), _EVIDENCE, ["tenant_id", "asked_at", "id"], unique=False
    )
    append_only(op, _EVIDENCE)


def downgrade() -> None:
    """Take back."""
    op.drop_table(_EVIDENCE)
    for name in ("unverified_vat_number_policy", "vat_evidence_valid_days"):
        op.drop_column(_PARTNERS, name)
    op.drop_index(op.f(_DUE), _PROFILES)
    for name in ("vat_as_typed", "vat_error_code", "vat_attempts", "vat_last_asked_at", "vat_first_asked_at"):
        op.drop_column(_PROFILES, name)
