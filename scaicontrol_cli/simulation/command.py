"""``scaicontrol simulate``: live through a scenario, report month by month, and audit what is left."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaicontrol_cli.arguments import AsJson
from scaicontrol_cli.context import wait
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.progress import progress

if TYPE_CHECKING:
    from scaicontrol_cli.simulation.report import SimulationReport
    from scaicontrol_core.simulation.scenario import Scenario

#: Parts of a scenario that may stand in a file of their own beside it.
_FILES = ("catalogue", "operator")


def add_to(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("simulate")(simulate)


def simulate(
    scenario: Annotated[str, typer.Argument(help="The scenario's file (YAML or JSON).")],
    until: Annotated[str | None, typer.Option(help="The last day, such as 2026-03-31; else the scenario's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed than the scenario's: another business.", min=0)] = None,
    into: Annotated[
        str | None, typer.Option(help="A folder for database and documents; else simulations/NAME-SEED.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Live through a scenario on a clock of its own, and report month by month; exits with 1 if the audit finds fault.

    The same scenario and seed give the same business to the last byte.
    """
    from scaicontrol_cli.simulation.founding import require_fresh
    from scaicontrol_cli.simulation.printing import print_simulation
    from scaicontrol_core.simulation import read_scenario

    read = read_scenario(_read(scenario), seed=seed)
    end = _end(read, until)
    folder = Path(into) if into else Path("simulations") / f"{Path(scenario).stem}-{read.seed}"
    require_fresh(folder)
    report = wait(_run(read, end, folder))
    print_simulation(report, folder, as_json=as_json)
    if not report.audit.is_clean:
        raise typer.Exit(FAILED)


async def _run(scenario: Scenario, end: date, folder: Path) -> SimulationReport:
    from scaicontrol_cli.simulation.days import live
    from scaicontrol_cli.simulation.founding import founded
    from scaicontrol_cli.simulation.months import MonthReport
    from scaicontrol_cli.simulation.report import conclude

    months: list[MonthReport] = []
    with progress("Months") as step:
        async with founded(scenario, folder) as company:

            def keep(month: MonthReport) -> None:
                months.append(month)
                step(len(months), scenario.months)

            await live(company, end, keep)
            return await conclude(company, tuple(months))


def _read(path: str) -> dict[str, Any]:
    """Read the scenario, and in it the files it names."""
    from scaicontrol_cli.files import read_object, read_value

    raw = read_object(path)
    for part in _FILES:
        if isinstance(raw.get(part), str):
            raw[part] = read_value(str(Path(path).parent / raw[part]))
    return raw


def _end(scenario: Scenario, until: str | None) -> date:
    """Return the first day not lived through."""
    from scaicontrol_core.kernel.errors import Invalid

    if until is None:
        return scenario.period.end
    try:
        last = date.fromisoformat(until)
    except ValueError:
        raise Invalid.field("/until", f"{until!r} is not a date like 2026-03-31.", code="date_invalid") from None
    if last not in scenario.period:
        period = scenario.period
        text = f"The scenario goes from {period.start} to {period.last_day}; {last} is none of its days."
        raise Invalid.field("/until", text, code="date_invalid")
    return last + timedelta(days=1)
