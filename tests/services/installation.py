"""An installation as its operator has it: settings in the environment, commands, processes that can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from attrs import define, field

from tests.services.processes import die_with_parent, free_port, tail

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
PROGRAM = (sys.executable, "-c", "import sys; sys.argv[0] = 'scaicontrol'; from scaicontrol_cli.main import run; run()")
#: Processes of ours that end themselves when their program is killed must not be started again at leisure.
_SOON = {"dramatiq_restart_delay": "200"}


@define(eq=False)
class Running:
    """A process of the installation, and all that it started."""

    words: tuple[str, ...]
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End it, and what it started, as a power cut does."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@define(eq=False)
class Installation:
    """A folder, the settings, and what runs of it."""

    folder: Path
    settings: Mapping[str, str]
    running: list[Running] = field(factory=list, init=False)

    @contextmanager
    def opened(self) -> Iterator[Installation]:
        """Kill whatever still runs when the block is left."""
        try:
            yield self
        finally:
            for each in self.running:
                each.kill()

    def command(self, *words: str) -> Any:
        """Run a command to its good end, and return what it says as JSON."""
        done = subprocess.run(
            [*PROGRAM, *words, "--json"],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, f"{words}: {done}"
        return json.loads(done.stdout)

    def start(self, *words: str) -> Running:
        """Start a command, and return at once; what it says goes to the log of its name."""
        with self.log_of(words[0]).open("ab") as log:
            process = subprocess.Popen(
                [*PROGRAM, *words],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509  # it only asks the kernel for something
            )
        self.running.append(Running(words, process))
        return self.running[-1]

    def serve(self) -> str:
        """Start a server; return its address once it answers."""
        port = free_port()
        served = self.start("serve", "--port", str(port))
        address = f"http://127.0.0.1:{port}"
        eventually(lambda: served.process.poll() is not None or _lives(address))
        assert served.process.poll() is None, tail(self.log_of("serve"))
        return address

    def log_of(self, word: str) -> Path:
        """Return the log of a command."""
        return self.folder / f"{word}.log"

    def faults(self, word: str) -> list[dict[str, Any]]:
        """Return what a command logged as a fault of ours."""
        lines = [line for line in self.log_of(word).read_text("utf-8").splitlines() if line.startswith("{")]
        return [line for line in map(json.loads, lines) if line.get("level") in {"error", "critical"}]

    def _environment(self) -> dict[str, str]:
        bare = {name: value for name, value in os.environ.items() if not name.startswith("SCAICONTROL_")}
        path = os.pathsep.join((str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])))
        return {**bare, **_SOON, **self.settings, "PYTHONPATH": path}


def eventually(holds: Callable[[], Any], patience: float = PATIENCE) -> None:
    """Ask until it holds; fail when patience ends."""
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, "patience has ended"
        time.sleep(0.05)


def _lives(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz", timeout=5).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
