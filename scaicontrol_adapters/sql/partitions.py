"""Monthly partitions of MariaDB's large tables: made ahead of time, so that none grows without end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from scaicontrol_adapters.sql.guard import UNGUARDED
from scaicontrol_core.kernel.period import add_months

if TYPE_CHECKING:
    from datetime import date

    from scaicontrol_adapters.sql.transaction import Transaction

#: The partition of everything after the last month that has its own.
_LATER = "p_later"
_NAMES = text(
    "SELECT MAX(partition_name) FROM information_schema.partitions "
    "WHERE table_schema = DATABASE() AND table_name = :partitioned AND partition_name LIKE 'p2%'"
)


async def months_ahead(transaction: Transaction, table: str, today: date, months: int) -> int:
    """Cut partitions off ``p_later`` until they reach ``months`` after today's month; return how many.

    SQLite has none. DDL commits at once on MariaDB: call it in a unit of work of its own.
    """
    if transaction.dialect.name != "mariadb":
        return 0
    allowed: dict[str, Any] = {UNGUARDED: "partitions are no rows"}
    last = (await transaction.execute(_NAMES, {"partitioned": table}, **allowed)).scalar()
    if last is None:
        return 0
    first = add_months(_month(today, str(last)), 1)
    wanted = add_months(today.replace(day=1), months)
    parts = []
    while first <= wanted:
        after = add_months(first, 1)
        parts.append(f"PARTITION p{first:%Y%m} VALUES LESS THAN ('{after.isoformat()}')")
        first = after
    if parts:
        parts.append(f"PARTITION {_LATER} VALUES LESS THAN (MAXVALUE)")
        cut = f"ALTER TABLE {table} REORGANIZE PARTITION {_LATER} INTO ({', '.join(parts)})"
        await transaction.execute(text(cut), None, **allowed)
    return max(len(parts) - 1, 0)


def _month(today: date, partition: str) -> date:
    return today.replace(year=int(partition[1:5]), month=int(partition[5:7]), day=1)
