"""MariaDB: version, what a session of ours is like, what our user may do, the state of its cluster."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scaicontrol_adapters.doctor.clocks import clock
from scaicontrol_adapters.doctor.finding import Finding, ok, warning, wrong
from scaicontrol_adapters.sql.errors import NodeApart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

_OLDEST = (10, 11)
_NEEDED = frozenset(
    {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "TRIGGER"}
)
_TOO_MUCH = frozenset({"SUPER", "FILE", "SHUTDOWN", "CREATE USER", "GRANT OPTION"})
_GRANT = re.compile(r"GRANT (.+?) ON (\S+) TO ")
_ADDRESS = "SCAICONTROL_DATABASE_URL"
_NUMBERS = {
    1044: ("The user may not use this database.", f"Grant it: see run-in-production; or mend {_ADDRESS}."),
    1045: ("User or password is refused.", f"Mend user and password in {_ADDRESS}, or set the user's password."),
    1049: ("There is no such database.", "Run: CREATE DATABASE scaicontrol CHARACTER SET utf8mb4"),
    1040: ("It has no connection left.", "Raise max_connections, or lower SCAICONTROL_DATABASE_POOL_SIZE."),
    1130: ("It takes no user from this machine.", "Grant the user of this host."),
    2003: ("Nobody answers at its address.", f"Start MariaDB, or mend host and port in {_ADDRESS}."),
    2005: ("Its host's name is unknown.", f"Mend the host in {_ADDRESS}."),
    2013: ("The connection broke off.", "Look into the log of MariaDB."),
}
_SESSION = (
    "SELECT VERSION(), @@session.time_zone, @@session.sql_mode, @@session.tx_isolation,"
    " @@session.character_set_connection, @@global.binlog_format, @@global.log_bin, @@global.read_only,"
    " @@global.max_allowed_packet, UTC_TIMESTAMP(6), database()"
)
_REJOIN = f"Look into its log for why; name another node in {_ADDRESS} meanwhile."
_APART_NUMBER = 1047
_APART = wrong("database.cluster", "This node belongs to no majority of its cluster: it answers nobody.", _REJOIN)
_SMALLEST_PACKET = 16 * 1024 * 1024


def unreachable(error: BaseException) -> Finding:
    """Return why there is no connection, by the driver's own number."""
    number = _number(error)
    if number == _APART_NUMBER:
        return _APART
    says, mend = _NUMBERS.get(number, ("It can't be reached.", f"Start MariaDB, or mend {_ADDRESS}."))
    return wrong("database", f"{says} ({number})" if number else says, mend)


def _number(error: BaseException | None) -> int:
    while error is not None:
        inner = getattr(error, "orig", None) or error
        if inner.args and isinstance(inner.args[0], int):
            return inner.args[0]
        error = error.__cause__ or error.__context__
    return 0


async def look(connection: AsyncConnection) -> AsyncIterator[Finding]:
    """Look at a server that lets us in."""
    before = datetime.now(UTC)
    try:
        row: tuple[Any, ...] = tuple((await connection.exec_driver_sql(_SESSION)).one())
    except NodeApart:
        yield _APART
        return
    after = datetime.now(UTC)
    version, zone, mode, isolation, charset, binlog, logs, read_only, packet, now, name = row
    yield _version(version)
    for each in _session(zone, mode, isolation, charset):
        yield each
    yield clock(now.replace(tzinfo=UTC), before, after)
    if read_only in (1, "ON"):
        yield wrong(
            "database.writes", "It takes no writes (read_only).", "Name the primary in SCAICONTROL_DATABASE_URL."
        )
    if logs in (1, "ON") and binlog == "STATEMENT":
        yield wrong(
            "database.binlog", "binlog_format is STATEMENT.", "SET GLOBAL binlog_format = 'ROW', and in its file."
        )
    if packet < _SMALLEST_PACKET:
        yield warning("database.packet", f"max_allowed_packet is {packet} bytes.", "Set it to 16M or more.")
    yield await _character_set(connection)
    yield await _rights(connection, str(name))
    async for each in wsrep(connection):
        yield each


def _version(version: str) -> Finding:
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if "mariadb" not in version.lower():
        return wrong("database", f"This is {version}, no MariaDB.", "Use MariaDB 10.11 or later.")
    if numbers < _OLDEST:
        return wrong("database", f"{version} is too old.", "Use MariaDB 10.11 or later.")
    return ok("database", version)


def _session(zone: str, mode: str, isolation: str, charset: str) -> tuple[Finding, ...]:
    held = {
        "time zone": (zone, "+00:00"),
        "isolation": (isolation, "READ-COMMITTED"),
        "character set": (charset, "utf8mb4"),
        "strict mode": ("STRICT_ALL_TABLES" if "STRICT_ALL_TABLES" in mode else mode or "none", "STRICT_ALL_TABLES"),
    }
    astray = [f"{what} {has} in place of {wanted}" for what, (has, wanted) in held.items() if has != wanted]
    if astray:
        return (
            wrong(
                "database.session",
                f"Our sessions have {'; '.join(astray)}.",
                "A proxy in between resets what a session sets: let it pass SET through.",
            ),
        )
    return (ok("database.session", "UTC, strict, READ COMMITTED, utf8mb4."),)


async def _character_set(connection: AsyncConnection) -> Finding:
    found = await connection.exec_driver_sql(
        "SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = database()"
    )
    name = found.scalar_one_or_none()
    if name == "utf8mb4":
        return ok("database.character_set", "utf8mb4.")
    return warning(
        "database.character_set", f"The database's own is {name}.", "Run: ALTER DATABASE … CHARACTER SET utf8mb4"
    )


async def _rights(connection: AsyncConnection, name: str) -> Finding:
    grants = await connection.exec_driver_sql("SHOW GRANTS FOR CURRENT_USER()")
    return rights([str(row[0]) for row in grants], name)


def rights(grants: Sequence[str], name: str) -> Finding:
    """Judge what a user may do on the database of that name, by the server's own words."""
    held: set[str] = set()
    everywhere: set[str] = set()
    for grant in grants:
        match = _GRANT.match(grant)
        if match is None:
            continue
        granted = {each.strip().upper() for each in match[1].split(",")}
        place = match[2].replace("`", "").replace("\\", "")
        everywhere |= granted if place == "*.*" else set()
        held |= granted if place == "*.*" or _covers(place, name) else set()
    missing = () if "ALL PRIVILEGES" in held else tuple(sorted(_NEEDED - held))
    if missing:
        return wrong(
            "database.rights",
            f"Our user lacks {', '.join(missing)}.",
            f"GRANT {', '.join(missing)} ON {name}.* TO our user; without DDL only migrate fails.",
        )
    if everywhere & _TOO_MUCH or "ALL PRIVILEGES" in everywhere:
        return warning(
            "database.rights", "Our user may do more than its own database needs.", f"Grant it {name}.* alone."
        )
    return ok("database.rights", "What our own database needs.")


def _covers(place: str, name: str) -> bool:
    pattern, _, table = place.rpartition(".")
    wanted = re.escape(pattern).replace("%", ".*").replace("_", ".")
    return table == "*" and re.fullmatch(wanted, name) is not None


async def wsrep(connection: AsyncConnection) -> AsyncIterator[Finding]:
    """Look at the node's place in its Galera cluster; nothing to say of a server that has none."""
    rows = await connection.exec_driver_sql("SHOW GLOBAL STATUS LIKE 'wsrep\\_%%'")
    state: Mapping[str, Any] = {str(row.Variable_name).lower(): row.Value for row in rows}
    if not state.get("wsrep_cluster_size") or state.get("wsrep_cluster_size") == "0":
        return
    if state.get("wsrep_ready") != "ON" or state.get("wsrep_cluster_status") != "Primary":
        yield wrong(
            "database.cluster",
            f"This node is {state.get('wsrep_local_state_comment', 'apart')}, in no primary component.",
            _REJOIN,
        )
        return
    size, here = int(state["wsrep_cluster_size"]), state["wsrep_local_state_comment"]
    if size % 2 == 0:
        yield warning(
            "database.cluster",
            f"{size} nodes, this one {here}: if each half of them loses the other, neither is a majority.",
            "Bring the missing node back, or add one, or an arbitrator (garbd).",
        )
        return
    yield ok("database.cluster", f"Galera, {size} nodes, this one {here}.")
