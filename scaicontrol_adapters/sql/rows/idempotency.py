"""Idempotency keys of the HTTP surface."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column

from scaicontrol_adapters.sql.rows.base import PlatformOnly, Row, index, table
from scaicontrol_adapters.sql.types import JsonText

#: An owner is a caller's subject, hashed where it is long; 255 + 255 characters of four bytes
#: still fit InnoDB's 3072 bytes a key.
_KEY_LENGTH = 255


class IdempotencyRow(Row, PlatformOnly):
    """One key of one caller, the hash of its request, and the answer once known."""

    __tablename__ = "idempotency_keys"
    __table_args__ = table(index("created_at"))

    owner: Mapped[str] = mapped_column(String(_KEY_LENGTH), primary_key=True)
    key: Mapped[str] = mapped_column(String(_KEY_LENGTH), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    status: Mapped[int | None]
    content_type: Mapped[str | None] = mapped_column(String(255))
    body: Mapped[bytes | None] = mapped_column(LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb"))
    headers: Mapped[dict[str, str] | None] = mapped_column(JsonText)
