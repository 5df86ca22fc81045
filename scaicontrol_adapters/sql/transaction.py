"""What repositories work with: one guarded session and the journal of its unit of work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from scaicontrol_adapters.sql.dialects import MATCHED
from scaicontrol_adapters.sql.guard import guard_insert
from scaicontrol_adapters.sql.inserting import insert_statement
from scaicontrol_adapters.sql.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import CursorResult, Delete, Executable, Result, Update
    from sqlalchemy.ext.asyncio import AsyncSession

    from scaicontrol_adapters.sql.dialects import SqlDialect
    from scaicontrol_core.kernel.scope import Scope
    from scaicontrol_core.subscriptions.recurrence import Changed


@frozen
class Transaction:
    """The open transaction of a unit of work."""

    session: AsyncSession
    scope: Scope
    dialect: SqlDialect
    journal: Journal = field(factory=Journal)
    recurrences: list[Changed] = field(factory=list)

    def recurring(self, changed: Changed | None) -> None:
        """Take over what is to be written down of a subscription when the unit of work commits."""
        if changed is not None:
            self.recurrences.append(changed)

    async def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None, **options: Any
    ) -> Result[Any]:
        """Run one statement through the guard; ``options`` are execution options."""
        return await self.session.execute(statement, parameters, execution_options=options)

    async def insert(self, row: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows, each with the same columns, with one executemany: the fastest way on both databases."""
        if not rows:
            return
        guard_insert(self.session.sync_session, row, rows)
        connection = await self.session.connection()
        statement = insert_statement(row.__table__, tuple(rows[0]), connection.dialect)
        await connection.exec_driver_sql(statement.text, statement.written(rows))

    async def update(self, statement: Update | Delete, parameters: Mapping[str, Any]) -> int:
        """Run an UPDATE or DELETE once; return how many rows it matched."""
        result: CursorResult[Any] = await self.session.execute(  # type: ignore[assignment]
            statement, parameters, execution_options={"synchronize_session": False}
        )
        return result.rowcount

    async def update_each(self, statement: Update, parameters: Sequence[Mapping[str, Any]]) -> int:
        """Run an UPDATE with explicit values and WHERE for each set of parameters; return how many rows matched."""
        if not parameters:
            return 0
        result: CursorResult[Any] = await self.session.execute(  # type: ignore[assignment]
            statement,
            list(parameters),
            execution_options={"synchronize_session": False, "dml_strategy": "core_only"},
        )
        return result.rowcount

    async def save_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> bool:
        """Run a dialect's ``save_many``; tell whether every row was there at the version before."""
        result: CursorResult[Any] = await self.session.execute(  # type: ignore[assignment]
            statement, list(rows), execution_options={"dml_strategy": "raw", "preserve_rowcount": True}
        )
        return result.rowcount == MATCHED * len(rows)

    async def upsert(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run one of a dialect's upserts for each row."""
        if rows:
            await self.session.execute(statement, list(rows), execution_options={"dml_strategy": "raw"})
