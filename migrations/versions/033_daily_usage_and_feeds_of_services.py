"""Days whose usage is to be told, and those told; a feed of events for each service; where headers are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from scaicontrol_adapters.sql.ddl import MARIADB_TABLE
from scaicontrol_adapters.sql.types import JsonText, UtcInstant

revision = "033"
down_revision = "032"
branch_labels = None
depends_on = None

_PAGE = 1000
_EVENTS = sa.table("outbox_events", sa.column("id"), sa.column("position"), sa.column("data", JsonText()))
_SERVICES = sa.table("outbox_event_services", sa.column("event_id"), sa.column("service_id"), sa.column("position"))


def upgrade() -> None:
    """Apply."""
    _table("usage_due_days", sa.Column("due_at", UtcInstant(), nullable=False), key=())
    due = ["due_at", "subscription_id", "usage_day"]
    op.create_index(op.f("ix_usage_due_days_due_at_subscription_id_usage_day"), "usage_due_days", due)
    _table(
        "usage_told_days",
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("told_at", UtcInstant(), nullable=False),
        key=("metric",),
    )
    op.create_table(
        "outbox_event_services",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("service_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "service_id", name=op.f("pk_outbox_event_services")),
        **MARIADB_TABLE,
    )
    place = ["service_id", "position"]
    op.create_index(op.f("ix_outbox_event_services_service_id_position"), "outbox_event_services", place)
    _place_what_happened()
    op.add_column("webhook_subscriptions", sa.Column("kept_headers", JsonText(), nullable=True))


def downgrade() -> None:
    """Take back; headers that were kept elsewhere are not sent any more."""
    op.drop_column("webhook_subscriptions", "kept_headers")
    op.drop_table("outbox_event_services")
    op.drop_table("usage_told_days")
    op.drop_table("usage_due_days")


def _place_what_happened() -> None:
    """Put events that have their place into the feeds of the services that they name."""
    connection = op.get_bind()
    after = 0
    query = sa.select(_EVENTS).where(_EVENTS.c.position > sa.bindparam("after")).order_by(_EVENTS.c.position)
    while page := connection.execute(query.limit(_PAGE), {"after": after}).all():
        rows = [
            {"event_id": event_id, "service_id": service_id, "position": position}
            for event_id, position, payload in page
            for service_id in sorted(set(_named(payload)))
        ]
        if rows:
            connection.execute(_SERVICES.insert(), rows)
        after = page[-1].position


def _named(value: Any) -> Iterator[str]:
    """Yield each ``service_id`` in JSON."""
    if isinstance(value, dict):
        if isinstance(value.get("service_id"), str):
            yield value["service_id"]
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _named(each)


def _table(name: str, *columns: sa.Column, key: tuple[str, ...]) -> None:
    """Make a table of a subscription's days, tied to its tenant and partner."""
    op.create_table(
        name,
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("usage_day", sa.Date(), nullable=False),
        *columns,
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["tenants.id", "tenants.partner_id"],
            name=op.f(f"fk_{name}_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("subscription_id", "usage_day", *key, name=op.f(f"pk_{name}")),
        **MARIADB_TABLE,
    )
