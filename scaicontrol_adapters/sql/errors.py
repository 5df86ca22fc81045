"""From what a database says to what the core knows: one place, for every statement.

The engine hands every driver error here, COMMIT's included, so that repositories contain no
``try``. Codes of unique keys stand with the constraint itself (``info={"code": …}``).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrs import frozen
from sqlalchemy import UniqueConstraint, event
from sqlalchemy.exc import TimeoutError as PoolTimeout

from scaicontrol_adapters.sql.dialects import FaultKind
from scaicontrol_core.kernel.errors import Conflict, Refused, Retryable, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine, MetaData
    from sqlalchemy.engine import ExceptionContext

    from scaicontrol_adapters.sql.dialects import Fault, SqlDialect
    from scaicontrol_core.kernel.errors import ScaiControlError


#: The code of a violated unique key that has none of its own: primary keys.
DUPLICATE = "already_exists"


class ConnectionLost(Retryable):
    """The connection broke: before COMMIT nothing was written; during COMMIT nobody knows."""

    code = "connection_lost"


class NodeApart(Retryable):
    """A node of a cluster that has lost the others, or is catching up with them, answers nobody."""

    code = "database_node_apart"


@frozen
class UniqueKey:
    """What a violated unique key tells the caller; ``race`` if running again settles it."""

    code: str
    message: str
    race: bool = False


@contextmanager
def waiting_in_vain() -> Iterator[None]:
    """Tell that no connection came free as the core knows it; the pool says so before any driver could."""
    try:
        yield
    except PoolTimeout as waited:
        raise Unavailable("All connections to the database are busy.", code="database_busy") from waited


def translate_errors(engine: Engine, dialect: SqlDialect) -> None:
    """Make the engine raise the core's errors in place of the driver's."""

    @event.listens_for(engine, "handle_error")
    def on_error(context: ExceptionContext) -> BaseException | None:
        if context.sqlalchemy_exception is None:  # a cancelled task, say: not the database's doing
            return None
        if context.is_disconnect:
            return ConnectionLost("The connection to the database was lost.")
        return as_core_error(dialect.diagnose(context.original_exception))


def as_core_error(fault: Fault) -> ScaiControlError | None:
    """Return the error to raise, or None where the driver's own tells a programmer more."""
    if fault.kind is FaultKind.UNIQUE:
        key = known_unique_keys().get(fault.subject, UniqueKey(DUPLICATE, "This exists already."))
        return Retryable(key.message) if key.race else Conflict(key.message, code=key.code)
    if fault.kind is FaultKind.REFUSED:
        return Refused("The database keeps this as it is.", code=fault.subject)
    return _plain(fault.kind)


def _plain(kind: FaultKind) -> ScaiControlError | None:
    if kind is FaultKind.RETRY:
        return Retryable("The database gave up this transaction for another one.")
    if kind is FaultKind.APART:
        return NodeApart("This node of the database does not belong to its cluster just now.")
    if kind is FaultKind.LOST:
        return ConnectionLost("The connection to the database was lost.")
    if kind is FaultKind.UNAVAILABLE:
        return Unavailable("The database does not answer or takes no writes.", code="database_unavailable")
    if kind is FaultKind.FOREIGN_KEY:
        return Conflict("This names something that is gone, or something still refers to it.", code="still_referenced")
    return None


_unique_keys: dict[str, UniqueKey] = {}


def known_unique_keys() -> dict[str, UniqueKey]:
    """Return every unique key that has a code: by its name, and by its columns as SQLite tells it."""
    if not _unique_keys:
        from scaicontrol_adapters.sql.rows import Row  # noqa: PLC0415  # rows are not needed to connect

        _unique_keys.update(_keys_of(Row.metadata))
    return _unique_keys


def _keys_of(metadata: MetaData) -> Iterator[tuple[str, UniqueKey]]:
    for table in metadata.tables.values():
        for rule in table.constraints:
            if isinstance(rule, UniqueConstraint) and "code" in rule.info:
                key = UniqueKey(rule.info["code"], rule.info["message"], rule.info["race"])
                yield str(rule.name), key
                yield ", ".join(f"{table.name}.{column.name}" for column in rule.columns), key
