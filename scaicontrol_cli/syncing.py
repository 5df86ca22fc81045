"""``scaicontrol sync``: follow the directory of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson
from scaicontrol_cli.context import call
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.output import Column, Json, columns, print_json, print_note, print_rows

if TYPE_CHECKING:
    from scaicontrol_core.identity.run import SyncReport

_COUNTS = ("added", "changed", "removed", "unchanged", "skipped", "held_back")
_SHOWN = (Column("what", "what"), *(Column(name.replace("_", " "), name, right=True) for name in _COUNTS))


def add_to(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("sync")(sync)


def sync(
    force: Annotated[
        bool, typer.Option("--force", help="Also remove whoever vanished if that is implausibly many.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make users, groups and memberships those of the directory; local roles and groups stay.

    Killed or failed, the next call goes on where it was. Exits with 1 if anything was held back.
    """
    from scaicontrol_core.identity.use_cases.sync_directory import SyncDirectory

    report = call(lambda session: session.use(SyncDirectory)(session.actor, force=force))
    shown = report_json(report)
    if as_json:
        print_json(shown)
    else:
        kinds = ("users", "groups", "memberships")
        print_rows([{"what": kind} | shown[kind] for kind in kinds], _SHOWN)
        _print_notes(report)
    if report.held_back:
        raise typer.Exit(FAILED)


def report_json(report: SyncReport) -> Json:
    """Return the report as JSON."""
    from scaicontrol_core.kernel.events import to_json

    shown: Json = to_json(report)
    return shown


def _print_notes(report: SyncReport) -> None:
    if report.skipped:
        print_rows(
            [{"kind": each.kind.value, "id": each.external_id, "reason": each.reason} for each in report.skipped],
            columns("kind", "id", "reason"),
            title="Skipped",
        )
    if report.incomplete:
        print_note(f"Not listed whole: {', '.join(report.incomplete)}. Nothing of it counts as vanished.")
    elif report.held_back:
        print_note("Implausibly many vanished; they were kept. If that is right: scaicontrol sync --force")
