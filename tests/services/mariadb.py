"""A private MariaDB: its own folder, its own port, an account with a password of its own; never run by root."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pymysql
from attrs import define

from tests.services.processes import POLL_SECONDS, Account, Server, ServerFailedError, launch, program, start, tail

USER = "scaicontrol"


def start_mariadb(folder: Path) -> tuple[Server, Mapping[str, str]]:
    """Start the server; return it with `host`, `port`, `user` and `password`."""
    account = Account.unprivileged()
    home = folder / "mariadb"
    home.mkdir(mode=0o700)
    accounts, password = write_accounts(home)
    own((home, accounts), account)
    create_datadir(home, folder / "mariadb.log", account)
    mariadbd = program("mariadbd", "mariadb-server-core")
    server, port = start(
        "mariadb",
        lambda port: _command(mariadbd, home, accounts, port),
        answers=lambda port: _accepts(port, password),
        folder=folder,
        account=account,
    )
    return server, {"host": "127.0.0.1", "port": str(port), "user": USER, "password": password}


@define
class OwnMariaDb:
    """A running MariaDB of one test, to be ended and started again at the same place, with what it has on its disk."""

    server: Server
    address: Mapping[str, str]

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> Iterator[OwnMariaDb]:
        """Start one for the length of the block."""
        folder = Path(tempfile.mkdtemp(prefix="scaicontrol-mariadb-", dir="/tmp"))  # a socket's path is short
        folder.chmod(0o711)  # its account passes through to its own folder
        own = None
        try:
            own = cls(*start_mariadb(folder))
            yield own
        finally:
            if own is not None:
                own.kill()
            shutil.rmtree(folder, ignore_errors=True)

    def create(self, name: str) -> str:
        """Create an empty database; return its address, as the settings want it."""
        account = {name: self.address[name] for name in ("host", "user", "password")}
        with pymysql.connect(**account, port=int(self.address["port"])) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return f"mysql+aiomysql://{USER}:{account['password']}@{account['host']}:{self.address['port']}/{name}"

    def kill(self) -> None:
        """End it like a power cut."""
        self.server.process.kill()
        self.server.process.wait()

    def stop(self) -> None:
        """Let it end in order."""
        self.server.stop()

    def start_again(self) -> None:
        """Start it, and return once it answers."""
        command = self.server.process.args
        assert isinstance(command, list)
        # Its accounts are on its disk.
        again = [each for each in command if not each.startswith("--init-file=")]
        self.server = launch("mariadb", again, self.server.log, Account.unprivileged())
        while not _accepts(int(self.address["port"]), self.address["password"]):
            if self.server.process.poll() is not None:
                raise ServerFailedError(f"MariaDB did not start again. The end of its log:\n{tail(self.server.log)}")
            time.sleep(POLL_SECONDS)


def write_accounts(home: Path) -> tuple[Path, str]:
    """Write the file that makes the one account there is; return it, and the account's password."""
    password = secrets.token_urlsafe(16)
    accounts = home / "accounts.sql"
    accounts.write_text(_accounts_sql(password))
    return accounts, password


def own(paths: Iterable[Path], account: Account | None) -> None:
    """Give the paths to the account that the server runs as."""
    if account is not None:
        for path in paths:
            os.chown(path, account.uid, account.gid)


def create_datadir(home: Path, log: Path, account: Account | None) -> None:
    """Make the files of a new server."""
    command = [
        program("mariadb-install-db", "mariadb-server-core"),
        "--no-defaults",
        f"--datadir={home / 'files'}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--force",  # on a machine that cannot look its own name up: nobody connects by name here
    ]
    with log.open("ab") as output:
        finished = subprocess.run(  # our own command line
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin", "TMPDIR": str(home)},
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    if finished.returncode != 0:
        raise ServerFailedError(f"mariadb-install-db failed. The end of its log:\n{tail(log)}")


def _command(mariadbd: str, home: Path, accounts: Path, port: int) -> list[str]:
    return [
        mariadbd,
        "--no-defaults",
        f"--datadir={home / 'files'}",
        f"--tmpdir={home}",
        f"--socket={home / 'mariadb.sock'}",
        f"--pid-file={home / 'mariadb.pid'}",
        f"--init-file={accounts}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        "--character-set-server=utf8mb4",
        "--binlog-format=ROW",
        "--default-storage-engine=InnoDB",
        "--innodb-buffer-pool-size=256M",
        "--innodb-flush-log-at-trx-commit=1",  # what production must run with: benches measure real commits
        "--max-connections=300",
    ]


def _accounts_sql(password: str) -> str:
    # One statement a line: that is how the server reads its init file. Root may come by the socket only.
    return (
        f"CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{password}';\n"  # a password of our own making
        f"GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'127.0.0.1';\n"
        "DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost';\n"
        "FLUSH PRIVILEGES;\n"
    )


def _accepts(port: int, password: str) -> bool:
    try:
        pymysql.connect(host="127.0.0.1", port=port, user=USER, password=password, connect_timeout=2).close()
    except pymysql.MySQLError:
        return False
    return True
