"""The process that owns the servers of one test run.

pytest starts it and holds its standard input open. Whoever needs a server asks over a Unix socket; the first to ask
waits until it runs. When standard input closes, because pytest finished, was interrupted or was killed, the servers are
stopped and the folder is removed.
"""

from __future__ import annotations

import contextlib
import json
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from attrs import define, field

from tests.services.processes import START_SECONDS, Server, ServerFailedError

ROOT = Path(__file__).parents[2]
ANSWER_SECONDS = 4 * START_SECONDS  # every server may have to start first


def starters() -> Mapping[str, Callable[[Path], tuple[Server, Mapping[str, str]]]]:
    """Return the servers there are by name; loaded only by who starts one."""
    from tests.services.mariadb import start_mariadb  # noqa: PLC0415  # a run without servers does not pay for these
    from tests.services.redis import start_redis  # noqa: PLC0415
    from tests.services.s3 import start_moto, start_rclone  # noqa: PLC0415

    return {"mariadb": start_mariadb, "moto": start_moto, "rclone": start_rclone, "redis": start_redis}


@define
class Servers:
    """The servers started so far, in a folder of their own."""

    folder: Path
    running: dict[str, Server] = field(factory=dict)
    addresses: dict[str, Mapping[str, str]] = field(factory=dict)
    failures: dict[str, ServerFailedError] = field(factory=dict)

    def address(self, name: str) -> Mapping[str, str]:
        """Return where a server is; start it if nobody has. What failed once fails at once for whoever asks next."""
        if name in self.failures:
            raise self.failures[name]
        if name not in self.addresses:
            try:
                self.running[name], self.addresses[name] = starters()[name](self.folder)
            except ServerFailedError as failed:
                self.failures[name] = failed
                raise
        return self.addresses[name]

    def stop(self) -> None:
        """Stop them all and remove what they wrote."""
        for server in self.running.values():
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def fresh_servers() -> Iterator[Servers]:
    """Servers in a new folder, stopped at the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="scaicontrol-", dir="/tmp"))  # short: a socket's path has 107 bytes
    folder.chmod(0o711)  # MariaDB's account passes through to its own folder
    servers = Servers(folder)
    try:
        yield servers
    finally:
        servers.stop()


@define
class Keeper:
    """The keeper's process as pytest sees it."""

    process: subprocess.Popen[bytes]
    socket_path: str

    @classmethod
    def start(cls) -> Keeper:
        """Start it; it starts no server yet."""
        process = subprocess.Popen(  # ourselves
            [sys.executable, "-m", "tests.services.keeper"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdout is not None
        return cls(process, process.stdout.readline().decode().strip())

    def stop(self) -> None:
        """Close its standard input, which ends it, and wait until its servers are gone."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def ask(socket_path: str, name: str) -> Mapping[str, str]:
    """Return where a server is, started if need be; raises `ServerFailedError` with its log."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_SECONDS)
        connection.connect(socket_path)
        connection.sendall(f"{name}\n".encode())
        with connection.makefile("rb") as answer:
            told = json.loads(answer.readline())
    if "error" in told:
        raise ServerFailedError(told["error"])
    address: Mapping[str, str] = told["address"]
    return address


def _answer(connection: socket.socket, servers: Servers) -> None:
    with connection, connection.makefile("rwb") as lines:
        name = lines.readline().decode().strip()
        try:
            told: Mapping[str, object] = {"address": servers.address(name)}
        except Exception as failed:  # noqa: BLE001  # the test that asked must hear of it, whatever it is
            told = {"error": str(failed) or repr(failed)}
        with contextlib.suppress(BrokenPipeError):
            lines.write(json.dumps(told).encode() + b"\n")
            lines.flush()


def _keep() -> None:
    # Asked to end: leave through the `finally` that stops the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with fresh_servers() as servers, socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as waiting:
        path = str(servers.folder / "keeper.sock")
        listener.bind(path)
        listener.listen(64)
        waiting.register(listener, selectors.EVENT_READ)
        waiting.register(sys.stdin, selectors.EVENT_READ)
        sys.stdout.write(f"{path}\n")
        sys.stdout.flush()
        while True:
            for key, _ in waiting.select():
                if key.fileobj is sys.stdin:
                    return
                _answer(listener.accept()[0], servers)


if __name__ == "__main__":
    _keep()
