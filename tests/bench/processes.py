"""Runs worker processes that say ``ready``, wait for ``go``, and print what they have done."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from typing import IO

from attrs import frozen


@frozen
class Worker:
    """One running process of ours."""

    process: subprocess.Popen[str]

    @property
    def answers(self) -> IO[str]:
        """Its standard output."""
        assert self.process.stdout is not None
        return self.process.stdout

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def close(self) -> None:
        """Wait for its end, which must be a good one."""
        ended = self.process.wait()
        _close_pipes(self.process)
        assert ended == 0, f"the worker ended with {ended}"

    def kill(self) -> None:
        """End it like a power cut."""
        self.process.kill()
        self.process.wait()
        _close_pipes(self.process)


def _close_pipes(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def start(module: str, *arguments: str, feed: Sequence[str] | None = None) -> Worker:
    """Start ``python -m module`` and wait until it is ready; ``feed`` goes to its standard input first."""
    command = [sys.executable, "-m", module, *arguments]
    worker = Worker(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    if feed is not None:
        worker.tell("\n".join((*feed, "")))
    answer = worker.answers.readline()
    assert answer == "ready\n", f"{module} did not start: {answer!r}"
    return worker


def race(workers: Sequence[Worker]) -> tuple[float, list[str]]:
    """Let all go at once; return the seconds until the last has ended, and all lines they printed."""
    started = time.perf_counter()
    for worker in workers:
        worker.tell("go")
    lines = [line.strip() for worker in workers for line in worker.answers]
    seconds = time.perf_counter() - started
    for worker in workers:
        worker.close()
    return seconds, lines
