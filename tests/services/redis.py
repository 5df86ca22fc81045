"""Redis on a private port: one for the run, and ones that a test may pause and kill."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import define

from tests.services.processes import POLL_SECONDS, Account, Server, launch, program, start

HOST = "127.0.0.1"
DATABASES = 64


def start_redis(folder: Path) -> tuple[Server, Mapping[str, str]]:
    """Start a Redis that keeps nothing on disk; return it with `host` and `port`."""
    server, port = _start(folder)
    return server, {"host": HOST, "port": str(port)}


def empty_database(address: Mapping[str, str], worker: str) -> str:
    """Return the address of a worker's own database, emptied."""
    number = int(worker.removeprefix("gw") or 0) % DATABASES
    _say(int(address["port"]), f"SELECT {number}", "FLUSHDB")
    return f"redis://{address['host']}:{address['port']}/{number}"


@define
class OwnRedis:
    """A running Redis of one test."""

    server: Server
    port: int

    @classmethod
    @contextlib.contextmanager
    def started(cls, folder: Path) -> Iterator[OwnRedis]:
        """Start one for the length of the block."""
        server, port = _start(folder)
        own = cls(server, port)
        try:
            yield own
        finally:
            own.kill()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://{HOST}:{self.port}/0"

    def pause(self) -> None:
        """Let it hang: connections stay, nothing answers."""
        self.server.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.server.process.pid, os.WSTOPPED | os.WNOWAIT)

    def go_on(self) -> None:
        """Let it go on."""
        self.server.process.send_signal(signal.SIGCONT)

    def forget_all(self) -> None:
        """Lose every key."""
        _say(self.port, "FLUSHALL")

    def restart(self) -> None:
        """End it like a power cut, and start it again at the same place, empty."""
        command = self.server.process.args
        assert isinstance(command, list)
        self.kill()
        self.server = launch("redis", command, self.server.log, Account.unprivileged())
        while not _answers(self.port):
            time.sleep(POLL_SECONDS)

    def kill(self) -> None:
        """End it like a power cut."""
        self.server.process.kill()
        self.server.process.wait()


def _start(folder: Path) -> tuple[Server, int]:
    binary = program("redis-server", "redis-server")
    keeping_nothing = ["--save", "", "--appendonly", "no", "--databases", str(DATABASES)]
    return start(
        "redis",
        lambda port: [binary, "--port", str(port), "--bind", HOST, "--dir", "/", *keeping_nothing],
        answers=_answers,
        folder=folder,
        account=Account.unprivileged(),
    )


def _answers(port: int) -> bool:
    try:
        return _say(port, "PING").startswith(b"+PONG")
    except OSError:
        return False


def _say(port: int, *lines: str) -> bytes:
    with socket.create_connection((HOST, port), timeout=5) as connection:
        connection.sendall("".join(f"{line}\r\n" for line in lines).encode())
        answered = b""
        while answered.count(b"\r\n") < len(lines):
            part = connection.recv(4096)
            if not part:
                break
            answered += part
        return answered
