"""Tenancy, audit log, outbox, idempotency keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE, append_only, partition_by_month
from scaicontrol_adapters.sql.types import JsonText, UtcInstant

revision = "001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit_log",
        sa.Column("occurred_at", UtcInstant(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("resource_type", sa.String(length=32), nullable=False),
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("actor_kind", sa.String(length=32), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=True),
        sa.Column("tenant_id", sa.String(length=36), nullable=True),
        sa.Column("request_id", sa.String(length=128), nullable=True),
        sa.Column("details", JsonText(), nullable=False),
        sa.PrimaryKeyConstraint("occurred_at", "id", name=op.f("pk_audit_log")),
        **MARIADB_TABLE,
    )
    op.create_index(
        op.f("ix_audit_log_partner_id_occurred_at_id"), "audit_log", ["partner_id", "occurred_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_audit_log_resource_type_resource_id_occurred_at_id"),
        "audit_log",
        ["resource_type", "resource_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_audit_log_tenant_id_occurred_at_id"), "audit_log", ["tenant_id", "occurred_at", "id"], unique=False
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("content_type", sa.String(length=255), nullable=True),
        sa.Column(
            "body",
            sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mariadb").with_variant(mysql.MEDIUMBLOB(), "mysql"),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("owner", "key", name=op.f("pk_idempotency_keys")),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "outbox_events",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=191), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=True),
        sa.Column("tenant_id", sa.String(length=36), nullable=True),
        sa.Column("aggregate_type", sa.String(length=32), nullable=False),
        sa.Column("aggregate_id", sa.String(length=36), nullable=False),
        sa.Column("aggregate_version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("data", JsonText(), nullable=False),
        sa.Column("occurred_at", UtcInstant(), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", UtcInstant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fanned_out_at", UtcInstant(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_events")),
        sa.UniqueConstraint(
            "aggregate_type",
            "aggregate_id",
            "sequence",
            name=op.f("uq_outbox_events_aggregate_type_aggregate_id_sequence"),
        ),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_outbox_events_idempotency_key")),
        sa.UniqueConstraint("position", name=op.f("uq_outbox_events_position")),
        **MARIADB_TABLE,
    )
    op.create_index(
        op.f("ix_outbox_events_fanned_out_at_occurred_at_id"),
        "outbox_events",
        ["fanned_out_at", "occurred_at", "id"],
        unique=False,
    )
    op.create_table(
        "partners",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("search_text", sa.String(length=1000), nullable=False),
        sa.Column("is_operator", sa.Boolean(), nullable=False),
        sa.Column("operator_slot", sa.SmallInteger(), nullable=True),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("billing_linked_at", UtcInstant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("partner_name", sa.String(length=255), nullable=True),
        sa.Column("billing_model", sa.String(length=32), nullable=False),
        sa.Column("commission_rate", sa.Integer(), nullable=False),
        sa.Column("allowed_services", JsonText(), nullable=False),
        sa.Column("allowed_plans", JsonText(), nullable=False),
        sa.Column("branding", JsonText(), nullable=False),
        sa.Column("default_plan_slug", sa.String(length=100), nullable=True),
        sa.Column("provider_config", JsonText(), nullable=False),
        sa.Column("invoice_template_name", sa.String(length=255), nullable=True),
        sa.Column("email_template_name", sa.String(length=255), nullable=True),
        sa.Column("legal_name", sa.String(length=255), nullable=True),
        sa.Column("seller_address_line1", sa.String(length=255), nullable=True),
        sa.Column("seller_address_line2", sa.String(length=255), nullable=True),
        sa.Column("seller_postal_code", sa.String(length=255), nullable=True),
        sa.Column("seller_city", sa.String(length=255), nullable=True),
        sa.Column("seller_country_code", sa.String(length=2), nullable=True),
        sa.Column("seller_vat_number", sa.String(length=255), nullable=True),
        sa.Column("seller_registration_number", sa.String(length=255), nullable=True),
        sa.Column("seller_tax_number", sa.String(length=255), nullable=True),
        sa.Column("seller_email", sa.String(length=255), nullable=True),
        sa.Column("seller_phone", sa.String(length=255), nullable=True),
        sa.Column("iban", sa.String(length=34), nullable=True),
        sa.Column("bic", sa.String(length=11), nullable=True),
        sa.Column("bank_name", sa.String(length=255), nullable=True),
        sa.Column("account_holder", sa.String(length=255), nullable=True),
        sa.Column("invoice_logo_url", sa.String(length=2000), nullable=True),
        sa.Column("invoice_footer_text", sa.Text(), nullable=True),
        sa.Column("seller_peppol_id", sa.String(length=255), nullable=True),
        sa.Column("seller_peppol_scheme", sa.String(length=4), nullable=True),
        sa.Column("billing_timezone", sa.String(length=64), nullable=False),
        sa.Column("invoice_number_prefix", sa.String(length=12), nullable=True),
        sa.Column("fiscal_year_start_month", sa.SmallInteger(), nullable=False),
        sa.Column("payment_terms_days", sa.Integer(), nullable=False),
        sa.Column("auto_finalize", sa.Boolean(), nullable=False),
        sa.Column("zero_amount_invoices", sa.Boolean(), nullable=False),
        sa.Column("oss_registered", sa.Boolean(), nullable=False),
        sa.Column("b2c_cross_border_turnover_cents", sa.BigInteger(), nullable=False),
        sa.Column("non_eu_services_category", sa.String(length=32), nullable=False),
        sa.Column("default_currency", sa.String(length=3), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.CheckConstraint(
            "billing_model IN ('pass_through', 'wholesale', 'self_billed')",
            name=op.f("ck_partners_billing_model_known"),
        ),
        sa.CheckConstraint(
            "non_eu_services_category IN ('G', 'O')", name=op.f("ck_partners_non_eu_services_category_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partners")),
        sa.UniqueConstraint("invoice_number_prefix", name=op.f("uq_partners_invoice_number_prefix")),
        sa.UniqueConstraint("operator_slot", name=op.f("uq_partners_operator_slot")),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_partners_created_at_id"), "partners", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_partners_name_id"), "partners", ["name", "id"], unique=False)
    op.create_table(
        "tenants",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("search_text", sa.String(length=1000), nullable=False),
        sa.Column("external_reference", sa.String(length=100), nullable=True),
        sa.Column("collection_method", sa.String(length=32), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "collection_method IN ('send_invoice', 'charge_automatically')",
            name=op.f("ck_tenants_collection_method_known"),
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_tenants_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        sa.UniqueConstraint("id", "partner_id", name=op.f("uq_tenants_id_partner_id")),
        sa.UniqueConstraint("partner_id", "external_reference", name=op.f("uq_tenants_partner_id_external_reference")),
        **MARIADB_TABLE,
    )
    op.create_index(op.f("ix_tenants_created_at_id"), "tenants", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_tenants_name_id"), "tenants", ["name", "id"], unique=False)
    op.create_index(
        op.f("ix_tenants_partner_id_created_at_id"), "tenants", ["partner_id", "created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_tenants_partner_id_name_id"), "tenants", ["partner_id", "name", "id"], unique=False)
    op.create_table(
        "tenant_billing_profiles",
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("company_name", sa.String(length=255), nullable=False),
        sa.Column("address_line1", sa.String(length=255), nullable=True),
        sa.Column("address_line2", sa.String(length=255), nullable=True),
        sa.Column("postal_code", sa.String(length=255), nullable=True),
        sa.Column("city", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=255), nullable=True),
        sa.Column("country_code", sa.String(length=2), nullable=False),
        sa.Column("vat_number", sa.String(length=255), nullable=True),
        sa.Column("tax_exempt", sa.Boolean(), nullable=False),
        sa.Column("is_business", sa.Boolean(), nullable=False),
        sa.Column("contact_email", sa.String(length=255), nullable=True),
        sa.Column("phone", sa.String(length=255), nullable=True),
        sa.Column("peppol_id", sa.String(length=255), nullable=True),
        sa.Column("peppol_scheme", sa.String(length=4), nullable=True),
        sa.Column("leitweg_id", sa.String(length=255), nullable=True),
        sa.Column("preferred_einvoice_format", sa.String(length=32), nullable=True),
        sa.Column("preferred_language", sa.String(length=2), nullable=False),
        sa.Column("invoice_template_name", sa.String(length=255), nullable=True),
        sa.Column("email_template_name", sa.String(length=255), nullable=True),
        sa.Column("buyer_reference", sa.String(length=255), nullable=True),
        sa.Column("vat_state", sa.String(length=32), nullable=False),
        sa.Column("vat_source", sa.String(length=32), nullable=False),
        sa.Column("vat_checked_at", UtcInstant(), nullable=True),
        sa.Column("vat_reference", sa.String(length=255), nullable=True),
        sa.Column("vat_note", sa.String(length=500), nullable=True),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("updated_at", UtcInstant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint(
            "preferred_einvoice_format IN ('ubl', 'xrechnung', 'cii', 'zugferd', 'facturx')",
            name=op.f("ck_tenant_billing_profiles_preferred_einvoice_format_known"),
        ),
        sa.CheckConstraint(
            "vat_source IN ('none', 'vies', 'operator_attested')",
            name=op.f("ck_tenant_billing_profiles_vat_source_known"),
        ),
        sa.CheckConstraint(
            "vat_state IN ('never_checked', 'pending', 'valid', 'invalid')",
            name=op.f("ck_tenant_billing_profiles_vat_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f("fk_tenant_billing_profiles_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenant_billing_profiles")),
        **MARIADB_TABLE,
    )
    op.create_index(
        op.f("ix_tenant_billing_profiles_partner_id"), "tenant_billing_profiles", ["partner_id"], unique=False
    )
    append_only(op, "audit_log")
    partition_by_month(op, "audit_log", "occurred_at", first=(2026, 1), months=24)


def downgrade() -> None:
    """Take back."""
    op.drop_table("tenant_billing_profiles")
    op.drop_table("tenants")
    op.drop_table("partners")
    op.drop_table("outbox_events")
    op.drop_table("idempotency_keys")
    op.drop_table("audit_log")
