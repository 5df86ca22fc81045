"""The program ``scaicontrol``: its commands, and the one place where errors leave it.

Only Typer is imported here: each command imports what it needs when it runs, so that a short
answer takes no longer than Python and Typer need to start.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from scaicontrol_cli import (
    assistants,
    background,
    demo,
    describing,
    doctor,
    documents,
    operating,
    simulation,
    syncing,
    tokens,
    vat,
)
from scaicontrol_cli.errors import FAILED, USAGE, error_json, exit_code, one_line
from scaicontrol_cli.groups import QuickFlags
from scaicontrol_cli.remote.target import LocalOnly, Options, Token, TokenFile, Url, begin
from scaicontrol_core.kernel.errors import Invalid, ScaiControlError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Not one of the settings, which are checked for unknown names.
TRACEBACK = "SCAI_TRACEBACK"
_ADMIN = "admin"


class Program(QuickFlags, TyperGroup):
    """The root of all commands: turns whatever is raised below it into one line and an exit code.

    The many commands of ``admin`` are loaded when one of them is named, or help is asked for.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the commands in the order of the help."""
        return [*(name for name in super().list_commands(ctx) if name != _ADMIN), _ADMIN]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by its name, None for an unknown one."""
        if cmd_name != _ADMIN:
            return super().get_command(ctx, cmd_name)
        if _ADMIN not in self.commands:
            from scaicontrol_cli.admin import app as admin

            self.commands[_ADMIN] = get_command(admin)
            self.commands[_ADMIN].name = _ADMIN
        return self.commands[_ADMIN]

    def main(self, args: Sequence[str] | None = None, *_rest: Any, **extra: Any) -> Any:
        """Run and exit: 0 done, 1 failed, 2 wrong usage, 130 interrupted. Never shows a stack trace.

        ``SCAI_TRACEBACK=1`` shows it after all, to whoever looks for a fault of ours.
        """
        given = list(sys.argv[1:] if args is None else args)
        if os.environ.get(TRACEBACK):
            return super().main(given, **extra)
        extra.pop("standalone_mode", None)
        said = partial(_complain, as_json="--json" in given)
        try:
            code = super().main(given, standalone_mode=False, **extra)
        except ScaiControlError as error:
            said(error)
            code = exit_code(error.kind)
        except typer.TyperException as error:
            said(Invalid(" ".join(error.format_message().split()), code="usage"), short=True)
            code = error.exit_code
        except typer.Abort:
            said(Invalid("Stopped: nothing was confirmed.", code="not_confirmed"), short=True)
            code = USAGE
        except BrokenPipeError:
            # Whoever read our output has seen enough; Python must not flush into it once more at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = FAILED
        except Exception as error:  # noqa: BLE001  # the last line of defence: people get a sentence, not a trace
            said(Unavailable(f"{_sentence(error)} ({TRACEBACK}=1 shows where.)", code="unexpected"), short=True)
            code = FAILED
        sys.exit(code if isinstance(code, int) else 0)


def _complain(error: ScaiControlError, *, as_json: bool, short: bool = False) -> None:
    """Say what went wrong: as one line of JSON, or of text; ``short``: without a code that tells people nothing."""
    line = error_json(error) if as_json else f"scaicontrol: {error.message if short else one_line(error)}"
    typer.echo(line, err=True)


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'The machine says'}: {error.strerror}."
    text = next(iter(str(error).splitlines()), "") or "no further word"
    return f"Unexpected {type(error).__name__}: {text}"


app = typer.Typer(
    cls=Program,
    name="scaicontrol",
    help="From a catalogue file to a legally sound invoice.",
    epilog="Settings come from the environment (SCAICONTROL_…) and from .env; see docs/reference/configuration.md.",
    no_args_is_help=False,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root(context: typer.Context, url: Url = "", token: Token = "", token_file: TokenFile = "") -> None:
    begin(Options(url, token, token_file))
    if (url or token or token_file) and context.invoked_subcommand not in {None, _ADMIN}:
        raise LocalOnly(f"Only the commands of {_ADMIN} work on a server elsewhere.")
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


operating.add_to(app)
background.add_to(app)
assistants.add_to(app)
doctor.add_to(app)
syncing.add_to(app)
demo.add_to(app)
simulation.add_to(app)
tokens.add_to(app)
app.add_typer(vat.app, name="vat")
app.add_typer(documents.app, name="documents")
app.add_typer(describing.app, name="docs")


def run() -> None:
    """Be the program."""
    app()
