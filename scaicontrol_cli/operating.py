"""``scaicontrol version|migrate|serve``: the program itself, its database, its server."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from scaicontrol_cli.arguments import AsJson
from scaicontrol_cli.context import require_schema, settings, wait
from scaicontrol_cli.groups import QuickCommand
from scaicontrol_cli.output import print_json, print_line, print_note
from scaicontrol_core.kernel.errors import Unavailable

#: By name: the command line may not import the HTTP surface, and need not load it to start a server.
_APPLICATION = "scaicontrol_http.app:application"
#: How the server meets strangers: it does not name itself, leaves it to SCAICONTROL_TRUSTED_PROXIES whom to believe
#: about addresses, and takes no more than so many bytes before a body.
SERVER: dict[str, Any] = {"server_header": False, "proxy_headers": False, "h11_max_incomplete_event_size": 32 * 1024}


def add_to(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("version", cls=QuickCommand)(version)
    app.command("migrate", cls=QuickCommand)(migrate)
    app.command("serve")(serve)


def version(as_json: AsJson = False) -> None:
    """Print the version."""
    from importlib.metadata import version as installed

    number = installed("scaicontrol")
    if as_json:
        print_json({"name": "scaicontrol", "version": number})
    else:
        print_line(f"scaicontrol {number}")


def migrate(as_json: AsJson = False) -> None:
    """Bring the database to this version's schema. Safe to repeat."""
    from scaicontrol_adapters.secret_store import connected
    from scaicontrol_adapters.sql.migrate import current
    from scaicontrol_adapters.sql.migrate import migrate as apply

    url = connected(settings()).database_url
    applied = wait(apply(url))
    revision = wait(current(url))
    if as_json:
        print_json({"applied": list(applied), "revision": revision})
    elif applied:
        print_line(f"Applied {', '.join(applied)}.")
    else:
        print_line(f"The database is up to date (revision {revision}).")


def serve(
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen at.", min=1, max=65535)] = 8000,
) -> None:
    """Serve the API and its documentation until Ctrl-C."""
    import uvicorn

    own = settings()
    wait(require_schema(own))
    _require_free(host, port)
    print_note(
        f"Serving at http://{'localhost' if host == '127.0.0.1' else host}:{port} (docs at /docs); Ctrl-C stops it."
    )
    uvicorn.run(_APPLICATION, factory=True, host=host, port=port, log_config=None, access_log=False, **SERVER)


def _require_free(host: str, port: int) -> None:
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(
                f"Cannot listen at {host}:{port}: {error.strerror}.",
                code="address_unavailable",
                hint="Choose another with --port.",
            ) from None
