"""``scaicontrol doctor``: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson
from scaicontrol_cli.context import settings, wait
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.output import columns, print_json, print_note, print_rows
from scaicontrol_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_adapters.doctor.finding import Finding


def add_to(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("doctor")(doctor)


def doctor(
    only: Annotated[list[str] | None, typer.Option(help="Only this check; may be given several times.")] = None,
    seconds: Annotated[float, typer.Option(help="Longest wait for one check.", min=0.1, max=300)] = 10.0,
    as_json: AsJson = False,
) -> None:
    """Look at every setting and dependency, and say how to mend what is wrong; exits with 1 if anything is."""
    found = _examined(only or [], seconds)
    items = [
        {"check": each.check, "verdict": each.verdict.value, "says": each.says, "mend": each.mend} for each in found
    ]
    counts = {word: sum(1 for each in items if each["verdict"] == word) for word in ("ok", "warning", "wrong")}
    if as_json:
        print_json({"healthy": not counts["wrong"], **counts, "items": items})
    else:
        print_rows(items, columns("verdict", "check", "says", "mend"))
        print_note(f"{counts['ok']} ok, {counts['warning']} warnings, {counts['wrong']} wrong")
    if counts["wrong"]:
        raise typer.Exit(FAILED)


def _examined(only: Sequence[str], seconds: float) -> Sequence[Finding]:
    from scaicontrol_adapters.doctor.examining import CHECKS, examine
    from scaicontrol_adapters.doctor.finding import wrong

    unknown = [name for name in only if name not in CHECKS]
    if unknown:
        raise Invalid.field(
            "/only", f"There is no check {unknown[0]!r}; there are {', '.join(CHECKS)}.", code="choice_unknown"
        )
    try:
        own = settings()
    except Invalid as error:
        # Without settings there is nothing else to look at.
        return [wrong("settings", field.message, "Mend it: docs/reference/configuration.md.") for field in error.fields]
    chosen = {name: look for name, look in CHECKS.items() if name in only} if only else CHECKS
    return wait(examine(own, checks=chosen, seconds=seconds))
