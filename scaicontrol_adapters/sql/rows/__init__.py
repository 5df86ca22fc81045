"""The schema: one module of row classes a feature. Importing this package loads them all."""

from scaicontrol_adapters.sql.rows import idempotency, journal, tenancy
from scaicontrol_adapters.sql.rows.base import Row

__all__ = ["Row", "idempotency", "journal", "tenancy"]
