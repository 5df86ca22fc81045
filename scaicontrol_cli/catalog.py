"""``scaicontrol admin catalog``: the catalogue as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson, DryRun
from scaicontrol_cli.context import call
from scaicontrol_cli.groups import group
from scaicontrol_cli.output import columns, print_json, print_note, print_rows

if TYPE_CHECKING:
    from scaicontrol_core.catalog.use_cases.import_catalogue import ImportResult

app = group("Services, plans and packs, as a file.")


@app.command("import")
def import_catalogue(
    file: Annotated[str, typer.Argument(help="A YAML or JSON file; - is standard input.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make the catalogue what the file says, all of it or nothing; what it omits stays as it is."""
    from scaicontrol_cli.files import read_value
    from scaicontrol_core.catalog.use_cases.import_catalogue import ImportCatalogue

    raw = read_value(file)
    result = call(lambda session: session.use(ImportCatalogue)(session.actor, raw, dry_run=dry_run))
    _print_result(result, as_json=as_json)


@app.command("export")
def export_catalogue(
    file: Annotated[str, typer.Argument(help="Where to write it; - is standard output.")] = "-",
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of YAML.")] = False,
) -> None:
    """Write the catalogue as a file that, imported again, changes nothing."""
    import json

    from scaicontrol_cli.files import to_yaml, write_text
    from scaicontrol_core.catalog.use_cases.export_catalogue import ExportCatalogue

    value = call(lambda session: session.use(ExportCatalogue)(session.actor))
    write_text(file, json.dumps(value, ensure_ascii=False, indent=2) + "\n" if as_json else to_yaml(value))


def _print_result(result: ImportResult, *, as_json: bool) -> None:
    from scaicontrol_core.kernel.events import to_json

    changes = [
        {"kind": change.kind, "key": change.key, "action": change.action.value, "fields": to_json(dict(change.fields))}
        for change in result.changes
    ]
    if as_json:
        print_json({"dry_run": result.dry_run, "changes": changes, "omitted": list(result.omitted)})
        return
    if changes:
        shown = [change | {"fields": ", ".join(change["fields"])} for change in changes]
        print_rows(shown, columns("action", "kind", "key", "fields"))
    else:
        print_note("The catalogue is already what the file says.")
    if result.omitted:
        print_note(f"Not in the file, and left as it is: {', '.join(result.omitted)}.")
    if result.dry_run:
        print_note("Nothing was written: this was a dry run.")
