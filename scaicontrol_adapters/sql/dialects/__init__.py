"""The two databases: everything in which they differ, behind one interface."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import URL, Engine, Executable


class FaultKind(StrEnum):
    """What an error of the database means to us."""

    RETRY = "retry"
    """It gave up the transaction: deadlock, lock wait, certification, snapshot, busy."""
    APART = "apart"
    """This node of a cluster belongs to no majority, or is catching up: it answers nobody."""
    LOST = "lost"
    """The connection is gone, and with it the transaction."""
    UNIQUE = "unique"
    FOREIGN_KEY = "foreign_key"
    REFUSED = "refused"
    """One of our triggers refused the statement; ``subject`` is its code."""
    UNAVAILABLE = "unavailable"
    """It does not answer, has no room or does not take writes."""
    OTHER = "other"


@frozen
class Fault:
    """An error of the database, understood.

    ``subject`` names the constraint or the trigger's code; for SQLite's unique keys it is
    ``table.column, table.column``, the only name SQLite gives.
    """

    kind: FaultKind
    subject: str = ""


class SqlDialect(Protocol):
    """What the rest of the adapter needs to know of a database."""

    @property
    def name(self) -> str:
        """``mariadb`` or ``sqlite``."""
        ...

    def writer_options(self, url: URL, pool_size: int) -> dict[str, Any]:
        """Return the options of the engine that writes."""
        ...

    def reader_options(self, url: URL, pool_size: int) -> dict[str, Any] | None:
        """Return the options of an engine of its own for readers; None where one engine serves both."""
        ...

    def install(self, engine: Engine, *, read_only: bool) -> None:
        """Hook what every new connection and transaction needs."""
        ...

    def diagnose(self, error: BaseException) -> Fault:
        """Tell what a driver's error means."""
        ...

    def insert_if_absent(self, row: type[Any], *key: str) -> Executable:
        """Build an INSERT that is a no-op where the key exists; atomic among concurrent writers."""
        ...

    def save_many(self, row: type[Any], changing: Sequence[str], owners: Collection[str]) -> Executable | None:
        """Build one statement that updates many versioned rows, or None where single updates are as fast.

        It takes whole rows with the version they will have, and counts ``MATCHED`` for each
        row that was there, of these owners, at the version before. Any other sum means that a
        row was not: the transaction must be rolled back.
        """
        ...

    @property
    def adds_up(self) -> bool:
        """Tell whether ``add_up`` adds; else it replaces, and whoever runs it merges before."""
        ...

    def add_up(self, row: type[Any], key: Sequence[str]) -> Executable:
        """Build one statement that adds roll-ups to those there are, or makes them.

        It takes whole rows of a table with the columns of a roll-up, and leaves the rows of
        other owners alone. Atomic among concurrent writers.
        """
        ...


#: What ``save_many`` counts for a row that it updated.
MATCHED = 2
