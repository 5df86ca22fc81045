"""The commands of the program ``scaicontrol``, read from the Typer application itself."""

from __future__ import annotations

from functools import cache
from typing import Any

from attrs import frozen
from typer.main import get_command

from scaicontrol_cli.main import app

_PROGRAM = "scaicontrol"


@frozen
class Parameter:
    """An argument or option: how it is written, and what it means; as the program's own help has it."""

    written: str
    meaning: str


@frozen
class Command:
    """A command: its whole name, its help, how it is used, and the function behind it."""

    name: str
    help: str
    usage: str
    parameters: tuple[Parameter, ...]
    module: str
    function: str


@frozen
class Group:
    """A group of commands, with its own help."""

    name: str
    help: str
    commands: tuple[Command, ...]


@cache
def groups() -> tuple[Group, ...]:
    """Return the groups with commands of their own, in the order of the help."""
    found: list[Group] = []
    _collect(get_command(app), _PROGRAM, None, found)
    return tuple(group for group in found if group.commands)


def _collect(group: Any, name: str, parent: Any, found: list[Group]) -> None:
    context = group.make_context(name.rpartition(" ")[2], [], parent=parent, resilient_parsing=True)
    members = [(each, group.get_command(context, each)) for each in group.list_commands(context)]
    own = [
        _command(f"{name} {word}", member, context) for word, member in members if not hasattr(member, "list_commands")
    ]
    found.append(Group(name, group.help or "", tuple(own)))
    for word, member in members:
        if hasattr(member, "list_commands"):
            _collect(member, f"{name} {word}", context, found)


def _command(name: str, command: Any, parent: Any) -> Command:
    context = command.make_context(name.rpartition(" ")[2], [], parent=parent, resilient_parsing=True)
    records = [each.get_help_record(context) for each in command.params]
    return Command(
        name=name,
        help=command.help or "",
        usage=" ".join([name, *command.collect_usage_pieces(context)]),
        parameters=tuple(Parameter(*record) for record in records if record),
        module=command.callback.__module__,
        function=command.callback.__qualname__,
    )
