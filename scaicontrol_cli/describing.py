"""``scaicontrol docs api``: reference pages of the API, for people and programs without a running server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from scaicontrol_cli.arguments import AsJson
from scaicontrol_cli.groups import group
from scaicontrol_cli.output import print_json, print_line

#: By name, as ``serve`` has its application: the command line may not import the HTTP surface.
_APPLICATION = "scaicontrol_http.app"

app = group("What this version can do, written down.")


@app.command("api")
def write_api(
    into: Annotated[Path, typer.Option(help="The folder to write the pages to.")] = Path("api"),
    as_json: AsJson = False,
) -> None:
    """Write a page for each area of the API, and openapi.json; with --json print that instead."""
    import json
    from importlib import import_module

    from scaicontrol_cli.api_pages import pages

    description: dict[str, Any] = import_module(_APPLICATION).description()
    if as_json:
        print_json(description)
        return
    into.mkdir(parents=True, exist_ok=True)
    written = {**pages(description), "openapi.json": json.dumps(description, indent=1, ensure_ascii=False) + "\n"}
    for name, text in written.items():
        (into / name).write_text(text)
    print_line(f"Wrote {len(written)} files to {into}.")
