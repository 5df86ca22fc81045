"""The page of use cases: what each does, and from where it can be reached."""

from __future__ import annotations

from collections import defaultdict

from docs.generating.calls import reached
from docs.generating.commands import groups
from docs.generating.markdown import Page, code, codes, sentence, table
from docs.generating.routes import routes
from docs.generating.tools import tool_actions
from docs.generating.use_case_asks import AskingUseCase, asking_use_cases
from scaicontrol_jobs.schedule import SCHEDULE

_INTRO = """\
A use case is one thing the product does: a class of the core that every surface calls the same way. A surface that
only looks something up on the way to another (a tenant by its name, say) is listed too. Routes stand below
`/api/v1`.
"""


#: Why a use case is on no surface: whoever adds one here says so.
ON_NO_SURFACE: dict[str, str] = {
    "ClaimWebhookDeliveries": "The pump asks for it, which every process with background jobs runs.",
    "MeasureDelivery": "Prometheus reads it, at /metrics.",
    "ReadStanding": "It is asked with every token: what somebody may do by now.",
    "RecordWebhookAnswers": "The pump asks for it, which every process with background jobs runs.",
}


def page() -> Page:
    """Return the page."""
    cases = asking_use_cases()
    found = surfaces()
    alone = [case.name for case in cases if not any(case.name in surface for surface in found)]
    features = sorted({case.feature for case in cases})
    return Page(
        name="use-cases.md",
        title="Use cases",
        source="the use cases of the core, and the surfaces that name them",
        parts=(
            _INTRO,
            *(f"On no surface: {code(name)}. {ON_NO_SURFACE.get(name, '')}".strip() for name in alone),
            *(_feature(name, [case for case in cases if case.feature == name], found) for name in features),
        ),
    )


def surfaces() -> tuple[dict[str, list[str]], ...]:
    """Return for each surface which of its routes, commands, tools or jobs reach a use case, by the use case's name."""
    return _over_http(), _by_command(), _by_tool(), _in_the_background()


def _feature(name: str, cases: list[AskingUseCase], found: tuple[dict[str, list[str]], ...]) -> str:
    rows = [
        (
            f"[{code(case.name)}](../../{case.path})",
            sentence(case.docstring),
            *(codes(surface.get(case.name, [])) or "–" for surface in found),
        )
        for case in cases
    ]
    return (
        f"## {name.capitalize()}\n\n{table(('Use case', 'What it does', 'HTTP', 'Command line', 'MCP', 'Jobs'), rows)}"
    )


def _over_http() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for route in routes():
        for name in route.use_cases:
            found[name].append(route.name)
    return found


def _by_command() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for command in (each for group in groups() for each in group.commands):
        for name in reached(command.module, command.function):
            found[name].append(command.name.removeprefix("scaicontrol "))
    return found


def _by_tool() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for action in tool_actions():
        for name in action.use_cases:
            found[name].append(action.name)
    return found


def _in_the_background() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for job in SCHEDULE:
        function = job.run
        for name in reached(function.__module__, getattr(function, "__name__", "")):
            found[name].append(job.name)
    return found
