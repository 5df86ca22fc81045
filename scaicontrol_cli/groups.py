"""Groups of commands, and what makes the program quick to start."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand


class _Text:
    """Reads a text: it is one already."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return it."""
        return value


class QuickFlags:
    """Mixed into a command or group: flags that nobody set, and texts, are read without loading pydantic (0.1 s).

    Typer declares ``--help`` and its completion flags without a default, and takes the long
    way round to find out that nothing means no, and that a text is one.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, plain flags defaulting to False, plain texts left as they are."""
        found: list[Any] = super().get_params(ctx)  # type: ignore[misc]  # of the class this is mixed into
        for parameter in found:
            descriptor = getattr(parameter, "type_descriptor", None)
            if parameter.default is None and getattr(descriptor, "annotation", None) is bool:
                parameter.default = False
            if getattr(descriptor, "annotation", None) is str and parameter.nargs == 1 and not parameter.multiple:
                parameter._runtime_param = _Text()  # noqa: SLF001  # where Typer keeps what reads it, once made
        return found


class QuickCommand(QuickFlags, TyperCommand):
    """A command with nothing but flags."""


def group(help_text: str) -> typer.Typer:
    """Return an empty group that, named alone, shows its help."""
    app = typer.Typer(help=help_text, rich_markup_mode=None, invoke_without_command=True, add_completion=False)

    @app.callback()
    def _alone(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            typer.echo(context.get_help())

    return app
