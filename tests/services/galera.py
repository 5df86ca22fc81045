"""A MariaDB Galera cluster of three nodes on this machine: nodes can be killed, brought back and cut off.

The first node is made alone and copied, so that the others need no transfer of the whole state.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pymysql
from attrs import define, field, frozen

from tests.services.mariadb import USER, create_datadir, own, write_accounts
from tests.services.processes import START_SECONDS, Account, Server, ServerFailedError, free_port, launch, program, tail

NODES = 3
SYNCED = "Synced"
NEW = "--wsrep-new-cluster"
_PROVIDERS = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so")
_POLL_SECONDS = 0.2


@frozen
class Ports:
    """What one node listens on."""

    sql: int
    group: int
    incremental: int
    whole: int

    @classmethod
    def free(cls) -> Ports:
        """Return four that nobody listens on at this moment."""
        return cls(free_port(), free_port(), free_port(), free_port())


@define
class Node:
    """One member: its folder, its ports, and its process while it runs."""

    number: int
    home: Path
    ports: Ports
    account: Account | None
    password: str
    server: Server | None = None

    @property
    def address(self) -> Mapping[str, str]:
        """Where it takes clients."""
        return {"host": "127.0.0.1", "port": str(self.ports.sql), "user": USER, "password": self.password}

    def ask(self, statement: str) -> Sequence[Sequence[object]]:
        """Run one statement on it."""
        connection = pymysql.connect(
            host="127.0.0.1", port=self.ports.sql, user=USER, password=self.password, connect_timeout=2, autocommit=True
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            rows: Sequence[Sequence[object]] = cursor.fetchall()
            return rows

    def read(self, database: str, query: str) -> Sequence[tuple[Any, ...]]:
        """Query a database on it, once it has applied all that the cluster had committed by then."""
        connection = pymysql.connect(
            host="127.0.0.1",
            port=self.ports.sql,
            user=USER,
            password=self.password,
            database=database,
            init_command="SET SESSION wsrep_sync_wait = 1",
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def status(self, name: str) -> str:
        """Return one of its `wsrep_…` states; empty while it does not answer."""
        try:
            rows = self.ask(f"SHOW GLOBAL STATUS LIKE 'wsrep_{name}'")
        except pymysql.MySQLError:
            return ""
        return str(rows[0][1]) if rows else ""

    def kill(self) -> None:
        """End it like a power cut."""
        assert self.server is not None
        self.server.process.kill()
        self.server.process.wait()

    def cut_off(self) -> None:
        """Let it hear nobody and be heard by nobody, while it goes on running."""
        self.ask("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=1'")

    def join_again(self) -> None:
        """Let it hear and be heard."""
        self.ask("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=0'")


@define
class Cluster:
    """Three nodes that run."""

    folder: Path
    nodes: Sequence[Node] = field(factory=list)

    def urls(self, name: str) -> list[str]:
        """Return the address of a database on each node, as the settings want it."""
        account = f"{USER}:{self.nodes[0].password}"
        return [f"mysql+aiomysql://{account}@127.0.0.1:{node.ports.sql}/{name}" for node in self.nodes]

    def start(self, node: Node, *options: str) -> None:
        """Start one node; `NEW`: it makes the cluster."""
        log = self.folder / f"node{node.number}.log"
        node.server = launch(f"galera{node.number}", [*self._command(node), *options], log, node.account)

    def wait(self, nodes: Sequence[Node], size: int) -> None:
        """Return once the nodes are in step with a cluster of that size."""
        self._until(lambda: all(_is_in_step(node, size) for node in nodes), f"{size} nodes in step")

    def wait_cut_off(self, node: Node) -> None:
        """Return once a node knows that it belongs to no majority."""
        self._until(lambda: node.status("cluster_status").lower() == "non-primary", "a node that knows it is alone")

    def stop(self) -> None:
        """Stop them all and remove what they wrote."""
        for node in reversed(self.nodes):
            if node.server is not None:
                node.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not holds():
            if time.monotonic() > deadline or any(_has_ended(node) for node in self.nodes):
                logs = "\n\n".join(tail(self.folder / f"node{node.number}.log") for node in self.nodes)
                raise ServerFailedError(f"waited in vain for {what}. The ends of the logs:\n{logs}")
            time.sleep(_POLL_SECONDS)

    def _command(self, node: Node) -> list[str]:
        ports, members = node.ports, ",".join(f"127.0.0.1:{each.ports.group}" for each in self.nodes)
        provider = ";".join(
            (
                f"gmcast.listen_addr=tcp://127.0.0.1:{ports.group}",
                f"ist.recv_addr=127.0.0.1:{ports.incremental}",
                "gcache.size=32M",
                "pc.recovery=false",
                # A node that says nothing is given up after seconds, not after the half minute of a wide network.
                "evs.suspect_timeout=PT2S",
                "evs.inactive_timeout=PT4S",
                "evs.keepalive_period=PT0.5S",
                "evs.inactive_check_period=PT0.5S",
            )
        )
        return [
            *_plain(node),
            "--wsrep-on=ON",
            f"--wsrep-provider={_provider()}",
            "--wsrep-cluster-name=scaicontrol",
            f"--wsrep-cluster-address=gcomm://{members}",
            f"--wsrep-node-name=node{node.number}",
            "--wsrep-node-address=127.0.0.1",
            "--wsrep-sst-method=rsync",
            f"--wsrep-sst-receive-address=127.0.0.1:{ports.whole}",
            "--wsrep-slave-threads=2",
            f"--wsrep-provider-options={provider}",
        ]


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a cluster for the length of the block."""
    folder = Path(tempfile.mkdtemp(prefix="scaicontrol-galera-", dir="/tmp"))  # a socket's path is short
    folder.chmod(0o711)
    made = Cluster(folder)
    try:
        _make_nodes(made)
        made.start(made.nodes[0], NEW)
        made.wait(made.nodes[:1], 1)
        for node in made.nodes[1:]:
            made.start(node)
        made.wait(made.nodes, NODES)
        yield made
    finally:
        made.stop()


def _make_nodes(made: Cluster) -> None:
    account = Account.unprivileged()
    homes = [made.folder / f"node{number}" for number in range(1, NODES + 1)]
    homes[0].mkdir(mode=0o700)
    accounts, password = write_accounts(homes[0])
    own((homes[0], accounts), account)
    create_datadir(homes[0], made.folder / "node1.log", account)
    made.nodes = [Node(number, home, Ports.free(), account, password) for number, home in enumerate(homes, start=1)]
    first = made.nodes[0]
    # Alone, outside any cluster: it makes the accounts and the note of where it stands, which the others copy.
    made.start(first, NEW, f"--init-file={accounts}")
    made.wait([first], 1)
    assert first.server is not None
    first.server.stop()
    for node in made.nodes[1:]:
        subprocess.run(["cp", "-a", str(first.home), str(node.home)], check=True)  # keeps the owner
        (node.home / "files" / "gvwstate.dat").unlink(missing_ok=True)


def _plain(node: Node) -> list[str]:
    return [
        program("mariadbd", "mariadb-server-core"),
        "--no-defaults",
        f"--datadir={node.home / 'files'}",
        f"--tmpdir={node.home}",
        f"--socket={node.home / 'mariadb.sock'}",
        f"--pid-file={node.home / 'mariadb.pid'}",
        f"--port={node.ports.sql}",
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        "--character-set-server=utf8mb4",
        "--binlog-format=ROW",
        "--default-storage-engine=InnoDB",
        "--innodb-autoinc-lock-mode=2",
        "--innodb-buffer-pool-size=96M",
        "--innodb-flush-log-at-trx-commit=1",
        "--max-connections=200",
    ]


def _provider() -> str:
    found = next((path for path in _PROVIDERS if Path(path).exists()), None)
    if found is None:
        raise ServerFailedError("Galera is not installed: apt-get install galera-4 rsync (`make test` as root does)")
    return found


def _is_in_step(node: Node, size: int) -> bool:
    return node.status("local_state_comment") == SYNCED and node.status("cluster_size") == str(size)


def _has_ended(node: Node) -> bool:
    return node.server is not None and node.server.process.poll() not in (None, -9)
