"""SQLite without a thread between: for a process in which nothing else waits while a statement runs.

The driver hands every statement to a thread and is told of its end by a pipe, so that an event
loop goes on meanwhile. A program that does one thing after the other has no use for that; it
takes half as long without.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from aiosqlite import Connection

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable, Generator

_CHUNK = 64


class _AtOnce:
    """What the driver's connection takes for the queue of its thread: it does what it is given at once."""

    def put_nowait(self, order: tuple[Future[Any] | None, Callable[[], Any]]) -> None:
        """Call the function, and tell the future."""
        future, function = order
        try:
            result = function()
        except Exception as error:  # noqa: BLE001  # whoever waits is told of it
            if future is not None:
                future.set_exception(error)
        else:
            if future is not None:
                future.set_result(result)


class InlineConnection(Connection):
    """A connection of the driver that has no thread."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, _CHUNK)
        self._tx = _AtOnce()  # type: ignore[assignment]  # all it needs of a queue

    def __await__(self) -> Generator[Any, None, Connection]:
        """Connect, without starting the thread."""
        return self._connect().__await__()


def connect_inline(database: str, **options: Any) -> InlineConnection:
    """Return a connection to a file, as the driver's own ``connect`` does; it opens when it is awaited."""
    return InlineConnection(lambda: sqlite3.connect(database, **options))
