"""The doors past the tenancy guard: each stands here with its reason, so that nobody opens another one unseen."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.sources import PACKAGES, Module, modules

ADAPTER = "scaicontrol_adapters/sql"
#: Statements that the guard does not read, and reads that show more than the scope.
DOORS = {
    (f"{ADAPTER}/partitions.py", "UNGUARDED"): "partitions are no rows; only the platform may",
    (f"{ADAPTER}/repositories/tenancy.py", "OPENING"): "what a tenant buys depends on its seller's calendar",
    (f"{ADAPTER}/repositories/templates.py", "OPENING"): "a document is written with its seller's template",
}
#: SQL past the session: connections of one's own, the driver's own statements, raw text.
PAST_THE_SESSION = {
    (f"{ADAPTER}/transaction.py", "exec_driver_sql"): "INSERTs, every row of them checked by guard_insert first",
    (f"{ADAPTER}/transaction.py", "connection"): "for those INSERTs",
    (f"{ADAPTER}/unit_of_work.py", "connection"): "a commit writes the audit log and the outbox of what it checked",
    (f"{ADAPTER}/partitions.py", "text"): "the names of partitions, and DDL; unguarded for the platform alone",
    (f"{ADAPTER}/idempotency.py", "connect"): "keys of answers belong to callers, by name, scope and key",
    (f"{ADAPTER}/idempotency.py", "begin"): "the same",
    (f"{ADAPTER}/migrate.py", "connect"): "migrations change the schema",
    (f"{ADAPTER}/migrate.py", "exec_driver_sql"): "the same",
    (f"{ADAPTER}/ddl.py", "text"): "the same",
    (f"{ADAPTER}/dialects/sqlite.py", "exec_driver_sql"): "BEGIN, in the form that SQLite needs",
    ("scaicontrol_adapters/doctor/database.py", "connect"): "whether the database answers, and how",
    ("scaicontrol_adapters/doctor/database.py", "exec_driver_sql"): "the same",
    ("scaicontrol_adapters/doctor/mariadb.py", "exec_driver_sql"): "variables of the server",
    ("scaicontrol_adapters/doctor/sqlite.py", "exec_driver_sql"): "pragmas",
    ("scaicontrol_adapters/probes.py", "exec_driver_sql"): "a SELECT of nothing",
    ("scaicontrol_adapters/probes.py", "connect"): "whether the database answers",
}
_ENGINES = {"writer", "reader"}


def test_every_door_past_the_guard_is_known() -> None:
    assert set(_doors()) == DOORS.keys()


def test_every_statement_past_the_session_is_known() -> None:
    found = set(_past_the_session())
    assert found - PAST_THE_SESSION.keys() == set(), "say why, or ask the session"
    assert PAST_THE_SESSION.keys() - found == set(), "it is gone"


def _sources() -> Iterator[Module]:
    for package in PACKAGES:
        yield from (module for module in modules(package) if module.path != f"{ADAPTER}/guard.py")


def _doors() -> Iterator[tuple[str, str]]:
    for module in _sources():
        for node in module.walk():
            if isinstance(node, ast.Name) and node.id in {"UNGUARDED", "OPENING"} and isinstance(node.ctx, ast.Load):
                yield module.path, node.id
            if isinstance(node, ast.Constant) and node.value in {"unguarded", "opening"} and "sql" in module.path:
                yield module.path, str(node.value).upper()


def _past_the_session() -> Iterator[tuple[str, str]]:
    for module in _sources():
        raw = "sqlalchemy" in ast.unparse(module.tree)
        for node in module.walk():
            if not isinstance(node, ast.Call):
                continue
            function = node.func
            if isinstance(function, ast.Name) and function.id == "text" and raw:
                yield module.path, "text"
            if isinstance(function, ast.Attribute) and _is_past(function):
                yield module.path, function.attr


def _is_past(function: ast.Attribute) -> bool:
    holder = function.value.attr if isinstance(function.value, ast.Attribute) else getattr(function.value, "id", "")
    return (
        function.attr == "exec_driver_sql"
        or (function.attr in {"connect", "begin"} and holder in _ENGINES)
        or (function.attr == "connection" and holder == "session")
    )
