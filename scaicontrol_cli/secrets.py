"""``scaicontrol admin secrets``: what the installation itself needs to know; values go in, and never come out."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from scaicontrol_cli.arguments import AsJson, ExpectedVersion, Yes, require_yes
from scaicontrol_cli.context import call
from scaicontrol_cli.groups import group
from scaicontrol_cli.output import columns, print_json, print_note, print_rows
from scaicontrol_cli.remote.target import local_only
from scaicontrol_core.kernel.errors import Malformed

app = group("Passwords, tokens and keys that settings name by their paths. No command ever prints a value.")

_HERE = local_only("no secret travels over the API.")
_Path = Annotated[str, typer.Argument(help="The secret's path, e.g. mail/smtp-password.", metavar="PATH")]


@app.command("list")
@_HERE
def list_secrets(
    folder: Annotated[str, typer.Argument(help="Only those below this folder.")] = "", as_json: AsJson = False
) -> None:
    """List the paths of all secrets."""
    from scaicontrol_core.secrets.use_cases.list_secrets import ListSecrets

    found = call(lambda session: session.use(ListSecrets)(session.actor, folder))
    if as_json:
        print_json({"items": [{"path": path} for path in found], "total": len(found)})
        return
    print_rows([{"path": path} for path in found], columns("path"))
    print_note(f"{len(found)} secrets")


@app.command("show-version")
@_HERE
def show_version(path: _Path, as_json: AsJson = False) -> None:
    """Show which version of a secret is the newest."""
    from scaicontrol_core.secrets.use_cases.get_secret_version import GetSecretVersion

    version = call(lambda session: session.use(GetSecretVersion)(session.actor, path))
    if as_json:
        print_json({"path": path, "version": version})
    else:
        print_rows([{"path": path, "version": version}], columns("path", "version"))


@app.command("set")
@_HERE
def set_secret(path: _Path, expected_version: ExpectedVersion = None, as_json: AsJson = False) -> None:
    """Keep a new version; its value is asked for, or read from standard input, without the line break at its end."""
    from scaicontrol_core.secrets.use_cases.set_secret import NewSecret, SetSecret

    command = NewSecret(path, _value(), expected_version)
    version = call(lambda session: session.use(SetSecret)(session.actor, command))
    if as_json:
        print_json({"path": path, "version": version})
    else:
        print_note(f"Version {version} of {path} is kept.")


@app.command("delete")
@_HERE
def delete(path: _Path, yes: Yes = False, as_json: AsJson = False) -> None:
    """Delete a secret with all its versions; whoever needs it fails from then on."""
    from scaicontrol_core.secrets.use_cases.delete_secret import DeleteSecret

    require_yes(yes, f"Delete {path} with all its versions?")
    call(lambda session: session.use(DeleteSecret)(session.actor, path))
    if as_json:
        print_json({"path": path, "deleted": True})
    else:
        print_note(f"{path} is gone.")


def _value() -> str:
    """Ask the person at the terminal, unseen and twice; else read standard input. Arguments are seen by everybody."""
    if sys.stdin.isatty():
        return str(typer.prompt("Value", hide_input=True, confirmation_prompt=True, err=True))
    try:
        text = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise Malformed("The value is not UTF-8 text.", code="file_not_text") from None
    return text.removesuffix("\n").removesuffix("\r")
