"""Column types that read back exactly what was written, on both databases."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import DateTime, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine

from scaicontrol_core.kernel.quantity import plain

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

_MARIADB = ("mysql", "mariadb")

#: Documents and JSON: up to 16 MiB on MariaDB, where plain TEXT ends at 64 KiB.
LONG_TEXT = Text().with_variant(mysql.MEDIUMTEXT(), *_MARIADB)


class UtcInstant(TypeDecorator[datetime]):
    """An instant: aware UTC in and out, to the microsecond. A naive datetime is refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use DATETIME(6) on MariaDB, whose plain DATETIME drops fractions of a second."""
        if dialect.name in _MARIADB:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC without a zone; raise ``ValueError`` for a datetime that does not say its own."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} names no time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant as aware UTC."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


class Exact(TypeDecorator[Decimal]):
    """A decimal of at most 18 whole digits and 9 decimals, never a float.

    DECIMAL(27,9) on MariaDB; text on SQLite, which has no decimals. Reads back without
    trailing zeros on both, so that both give the same documents to the byte.
    """

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type of the database."""
        if dialect.name in _MARIADB:
            return dialect.type_descriptor(mysql.DECIMAL(27, 9))
        return dialect.type_descriptor(String(32))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:  # str or Decimal
        """Write the plain decimal."""
        if value is None or dialect.name in _MARIADB:
            return value
        return plain(value)

    def process_result_value(self, value: Decimal | str | None, dialect: Dialect) -> Decimal | None:
        """Return the decimal in its plain form."""
        del dialect
        if value is None:
            return None
        return Decimal(plain(value)) if isinstance(value, Decimal) else Decimal(value)


class Total(Exact):
    """A sum of any number of quantities: 29 whole digits and 9 decimals, never a float."""

    impl = String(48)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type of the database."""
        if dialect.name in _MARIADB:
            return dialect.type_descriptor(mysql.DECIMAL(38, 9))
        return dialect.type_descriptor(String(48))


def canonical(value: object) -> str:
    """Write JSON with sorted keys and without spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class JsonText(TypeDecorator[Any]):
    """JSON in canonical form, as text: the same bytes on both databases; None is NULL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Make room for large values on MariaDB."""
        return dialect.type_descriptor(mysql.MEDIUMTEXT() if dialect.name in _MARIADB else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # JSON
        """Write the canonical text."""
        del dialect
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # JSON
        """Parse what was written."""
        del dialect
        return None if value is None else json.loads(value)
