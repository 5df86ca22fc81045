"""``scaicontrol mcp``: the tools for assistants, over standard input and output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Protocol

import typer

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from scaicontrol_adapters.container import Container
    from scaicontrol_core.access.actor import Actor

#: By name, as ``serve`` has its application: the command line may not import the HTTP surface.
_SERVER = "scaicontrol_http.mcp.stdio"
#: Not one of the settings: it says who somebody is, and not how an installation is set up.
TOKEN = "SCAI_TOKEN"  # noqa: S105  # the name of a variable


class _Server(Protocol):
    """What the module has that is loaded by name."""

    def serve(self, container: Container, operator: Actor, token: str | None) -> Awaitable[None]: ...


def add_to(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("mcp")(mcp)


def mcp(
    token: Annotated[
        str | None,
        typer.Option(envvar=TOKEN, help="Act as whom this bearer token stands for, instead of as the local operator."),
    ] = None,
) -> None:
    """Serve the tools for assistants (Model Context Protocol) on standard input and output, until it closes."""
    from importlib import import_module

    from scaicontrol_adapters.telemetry import configure_logging
    from scaicontrol_cli.context import Session, call, require_schema, settings, wait

    own = settings()
    configure_logging(own)
    wait(require_schema(own))
    server: _Server = import_module(_SERVER)

    async def serve(session: Session) -> None:
        await server.serve(session.container, session.actor, token)

    call(serve)
