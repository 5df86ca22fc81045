"""The schema: one module of row classes a feature. Importing this package loads them all."""

from scaicontrol_adapters.sql.rows import (
    billing,
    brand,
    catalog,
    commissions,
    documents,
    idempotency,
    journal,
    metering,
    packs,
    payments,
    sending,
    subscriptions,
    tax,
    templates,
    tenancy,
    wholesale,
)
from scaicontrol_adapters.sql.rows.base import Row

__all__ = [
    "Row",
    "billing",
    "brand",
    "catalog",
    "commissions",
    "documents",
    "idempotency",
    "journal",
    "metering",
    "packs",
    "payments",
    "sending",
    "subscriptions",
    "tax",
    "templates",
    "tenancy",
    "wholesale",
]
