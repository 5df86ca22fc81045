"""Spans of SQL statements: what is done to which table, and the text without its parameters."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from scaicontrol_adapters.tracing import Kind

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine, ExceptionContext

    from scaicontrol_adapters.tracing import Span, Tracing

_SPAN = "_scaicontrol_span"
_LITERAL = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.DOTALL)
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|JOIN|TABLE)\s+[`\"]?(\w+)", re.IGNORECASE)
_SYSTEMS = {"mysql": "mariadb"}
_LONGEST = 4096
_TEXTS_KEPT = 1000


def watch(engine: Engine, backend: str, tracing: Tracing) -> None:
    """Have every statement that belongs to a recorded trace make a span of its own."""
    system = _SYSTEMS.get(backend, backend)

    def begin(_: Any, __: Any, statement: str, parameters: Any, context: Any, many: Any) -> None:
        operation, table, text = described(statement[:_LONGEST])
        span = tracing.started(f"{operation} {table}".strip(), Kind.CLIENT)
        if span is None:
            return
        span.tell(db__system__name=system, db__operation__name=operation, db__query__text=text)
        if table:
            span.tell(db__collection__name=table)
        if many:
            span.tell(db__operation__batch__size=len(parameters))
        setattr(context, _SPAN, span)

    def end(_: Any, __: Any, ___: Any, ____: Any, context: Any, _____: Any) -> None:
        span: Span | None = getattr(context, _SPAN, None)
        if span is not None:
            span.end()

    def fail(failed: ExceptionContext) -> None:
        span: Span | None = getattr(failed.execution_context, _SPAN, None)
        if span is not None:
            # Its class alone: a message repeats what was to be written.
            span.fail(type(failed.original_exception).__name__)
            span.end()

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    # Before the one that raises our own error in its place.
    event.listen(engine, "handle_error", fail, insert=True)


@lru_cache(maxsize=_TEXTS_KEPT)
def described(statement: str) -> tuple[str, str, str]:
    """Return operation, first table and text of a statement; values that stand in the text are left out."""
    text = _LITERAL.sub("?", statement)
    table = _TABLE.search(text)
    return (text.split(None, 1) or [""])[0].upper(), table.group(1) if table else "", text
