"""Start a server program, wait until it answers, stop it; never leave one behind."""

from __future__ import annotations

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from attrs import define, frozen

START_SECONDS = 120  # a fresh MariaDB takes one to ten seconds, more on a machine that is doing something else
STOP_SECONDS = 20
POLL_SECONDS = 0.05
ATTEMPTS = 3
PORTS = range(15_000, 30_000)
PR_SET_PDEATHSIG = 1


class ServerFailedError(RuntimeError):
    """A server is not installed or did not start; the message says what to do or what its log says."""


@frozen
class Account:
    """The unprivileged user a server runs as when the tests run as root."""

    name: str
    uid: int
    gid: int

    @classmethod
    def unprivileged(cls) -> Account | None:
        """Return `mysql` or else `nobody` when we are root, None when we are somebody unprivileged already."""
        if os.geteuid() != 0:
            return None
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        chosen = known.get("mysql") or known["nobody"]
        return cls(chosen.pw_name, chosen.pw_uid, chosen.pw_gid)


@define
class Server:
    """A running program and where its log is."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """Ask it to end, and end it if it does not."""
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def program(name: str, debian_package: str) -> str:
    """Return the path of a server program; fail with the package to install when there is none."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/sbin")
    if found is None:
        raise ServerFailedError(f"{name} is not installed: apt-get install {debian_package} (`make test` as root does)")
    return found


def free_port() -> int:
    """Return a loopback port nobody listens on at this moment.

    It lies below the range that systems give to outgoing connections: of those, many are
    opened while a server starts, and one of them could take the port.
    """
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def start(
    name: str,
    command: Callable[[int], Sequence[str]],
    *,
    answers: Callable[[int], bool],
    folder: Path,
    account: Account | None = None,
) -> tuple[Server, int]:
    """Start a program on a free port and return once it answers there.

    Another process may take the port between looking and listening, so a program that ends early is tried again on
    another port; what it said the last time is in the error.
    """
    for attempt in range(1, ATTEMPTS + 1):
        port = free_port()
        server = launch(name, command(port), folder / f"{name}.log", account)
        if _wait(server, lambda port=port: answers(port)):  # type: ignore[misc]
            return server, port
        server.stop()
        if attempt == ATTEMPTS:
            break
    raise ServerFailedError(f"{name} did not start. The end of its log:\n{tail(folder / f'{name}.log')}")


def listens(port: int) -> bool:
    """Return whether something accepts connections at this loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def tail(log: Path, lines: int = 30) -> str:
    """Return the last lines of a log, for the error that a person reads."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"


def die_with_parent() -> None:
    """Ask the kernel to end this process when the one that started it is gone, even by SIGKILL."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def launch(name: str, command: Sequence[str], log: Path, account: Account | None) -> Server:
    """Start a program and return at once; what it says goes to the log."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # our own command line
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,  # Ctrl-C in the terminal is for pytest; we stop the servers after it
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=die_with_parent,  # noqa: PLW1509  # the keeper has one thread
        )
    return Server(name, process, log)


def _wait(server: Server, answers: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        if answers():
            return True
        time.sleep(POLL_SECONDS)
    return False
