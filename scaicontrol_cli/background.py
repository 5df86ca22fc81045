"""``scaicontrol worker|scheduler``: background jobs in processes of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.context import require_schema, settings, wait
from scaicontrol_cli.output import print_note
from scaicontrol_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from scaicontrol_adapters.settings import Settings

#: By name: the command line may not import the jobs, and need not load them to start their processes.
_BROKER, _SCHEDULER = "scaicontrol_jobs.worker:broker", "scaicontrol_jobs.scheduler"


def add_to(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("worker")(worker)
    app.command("scheduler")(scheduler)


def worker(
    processes: Annotated[int, typer.Option(help="Processes.", min=1, max=64)] = 2,
    threads: Annotated[int, typer.Option(help="Jobs that one process runs at once.", min=1, max=64)] = 8,
    queues: Annotated[
        list[str] | None, typer.Option("--queue", help="quick or slow; may be repeated. Without: both.")
    ] = None,
    grace: Annotated[
        int, typer.Option(help="Seconds for what is under way when it is told to stop.", min=1, max=3600)
    ] = 30,
) -> None:
    """Run background jobs that the scheduler says are due, until Ctrl-C or SIGTERM."""
    import os
    import sys

    from scaicontrol_adapters.redis.job_queue import QUEUES

    for queue in queues or ():
        if queue not in QUEUES:
            raise Invalid.field("/queue", f"There is no queue {queue!r}; there are {' and '.join(QUEUES)}.")
    _require_redis(settings())
    print_note(f"Working with {processes} processes of {threads} threads; Ctrl-C stops it.")
    given = [
        *("--processes", str(processes), "--threads", str(threads)),
        *("--worker-shutdown-timeout", str(grace * 1000), "--skip-logging"),
        *(["--queues", *queues] if queues else ()),
    ]
    # In the place of this program, so that signals reach it with nobody in between.
    os.execv(sys.executable, [sys.executable, "-m", "dramatiq", _BROKER, *given])  # noqa: S606


def scheduler() -> None:
    """Tell the workers what is due, until Ctrl-C or SIGTERM. Several may run."""
    from importlib import import_module

    own = settings()
    _require_redis(own)
    print_note("Scheduling; Ctrl-C stops it.")
    wait(import_module(_SCHEDULER).serve(own))


def _require_redis(own: Settings) -> None:
    if not own.has("redis_url"):
        raise Invalid.field(
            "/SCAICONTROL_REDIS_URL",
            "Workers and scheduler need Redis between them.",
            code="redis_needed",
            hint="Set SCAICONTROL_REDIS_URL, or let the server run its own jobs.",
        )
    wait(require_schema(own))
