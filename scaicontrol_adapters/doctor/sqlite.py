"""SQLite: a file that can be written, on a disk of this machine, whole."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scaicontrol_adapters.doctor.clocks import clock
from scaicontrol_adapters.doctor.finding import Finding, ok, warning, wrong

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncConnection

#: File systems of other machines: their locks are not to be trusted.
_ELSEWHERE = ("nfs", "cifs", "smb", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs", "fuse.gluster")
_OLDEST = (3, 38)
_MOUNTS = Path("/proc/mounts")
#: Larger files take too long to be read whole.
_QUICK = 256 * 1024 * 1024


def before(name: str) -> tuple[Finding, ...]:
    """Look at the file before it is opened."""
    path = Path(name).absolute()
    if not path.exists():
        return (wrong("database", f"There is no file {path}.", "Run: scaicontrol migrate"),)
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        return (
            wrong(
                "database",
                f"{path} or its folder can't be written.",
                f"Run: chown this user {path.parent} and all in it",
            ),
        )
    kind = file_system(path)
    if kind.startswith(_ELSEWHERE):
        return (
            wrong(
                "database.disk",
                f"{path} lies on {kind}, where SQLite's locks do not hold.",
                "Move it to a disk of this machine, or use MariaDB.",
            ),
        )
    return (ok("database.disk", f"{path} lies on a disk of this machine ({kind})."),)


def file_system(path: Path) -> str:
    """Return the kind of file system that a path lies on; "unknown" where the machine does not tell."""
    try:
        lines = _MOUNTS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return "unknown"
    found, longest = "unknown", -1
    resolved = path.resolve()
    for line in lines:
        _, point, kind, *_ = line.split()
        place = Path(point.replace("\\040", " "))
        if resolved.is_relative_to(place) and len(place.parts) > longest:
            found, longest = kind, len(place.parts)
    return found


def unreachable(error: BaseException) -> Finding:
    """Return why the file can't be opened."""
    return wrong("database", f"It can't be opened: {type(error).__name__}.", "Restore it from a backup.")


async def look(connection: AsyncConnection) -> AsyncIterator[Finding]:
    """Look at a file that opens."""
    if sqlite3.sqlite_version_info < _OLDEST:
        yield wrong("database", f"SQLite {sqlite3.sqlite_version} is too old.", "Use SQLite 3.38 or later.")
    else:
        yield ok("database", f"SQLite {sqlite3.sqlite_version}.")
    mode = (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar_one()
    if mode != "wal":
        yield warning("database.journal", f"The journal is {mode}, not wal.", "Run: PRAGMA journal_mode = wal")
    start = datetime.now(UTC)
    now = (await connection.exec_driver_sql("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")).scalar_one()
    yield clock(datetime.fromisoformat(now).replace(tzinfo=UTC), start, datetime.now(UTC))
    if await _size(connection) <= _QUICK and not await _is_whole(connection):
        yield wrong("database.whole", "The file is damaged.", "Stop the server and restore it from a backup.")


async def _size(connection: AsyncConnection) -> int:
    pages: int = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
    size: int = (await connection.exec_driver_sql("PRAGMA page_size")).scalar_one()
    return pages * size


async def _is_whole(connection: AsyncConnection) -> bool:
    return bool((await connection.exec_driver_sql("PRAGMA quick_check(1)")).scalar_one() == "ok")
