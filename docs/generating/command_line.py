"""The page of the command line: every command with its arguments, options and help."""

from __future__ import annotations

from docs.generating.commands import Command, groups
from docs.generating.markdown import Page, code, table

_RULES = """\
Exit codes: 0 done, 1 failed, 2 used wrongly, 130 interrupted. Errors are one line on standard error, or one line of
JSON with `--json`; [errors](errors.md) lists their codes. Settings come from the environment and `.env`:
[configuration](configuration.md). Every command has `--help`.
"""


def page() -> Page:
    """Return the page."""
    return Page(
        name="cli.md",
        title="Command line",
        source="the commands of `scaicontrol_cli`",
        parts=(
            _RULES,
            *(
                part
                for group in groups()
                for part in (f"## {group.name}", group.help.strip(), *map(_section, group.commands))
            ),
        ),
    )


def _section(command: Command) -> str:
    rows = [(code(each.written), each.meaning.replace("  [", " [")) for each in command.parameters]
    usage = f"    {command.usage}"
    return "\n\n".join(
        part
        for part in (f"### {command.name}", command.help.strip(), usage, table(("Parameter", "Meaning"), rows))
        if part
    )
