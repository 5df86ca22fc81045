"""``scaicontrol documents``: render a frozen document, judge an e-invoice. No database."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaicontrol_cli.arguments import AsJson, choice
from scaicontrol_cli.errors import FAILED, error_value, one_line
from scaicontrol_cli.groups import group
from scaicontrol_cli.output import Json, print_json, print_line, print_note
from scaicontrol_core.kernel.errors import Malformed, ScaiControlError

if TYPE_CHECKING:
    from scaicontrol_adapters.document_files import OutputFormat
    from scaicontrol_adapters.einvoice.findings import Finding, Report

app = group("Documents without a database: render a JSON, judge an e-invoice.")

_STREAM = "-"
#: More than any invoice, and less than a machine has memory for.
_MOST_BYTES = 100_000_000
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


@app.command("render")
def render_documents(
    files: Annotated[
        list[str], typer.Argument(help="JSON of frozen documents (- is standard input).", metavar="FILE…")
    ],
    output_format: Annotated[
        str, typer.Option("--format", "-f", help="pdf, html, ubl, xrechnung, cii, zugferd or facturx.")
    ] = "pdf",
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="A file (- is stdout), or a folder; default: NUMBER.pdf, .xml or .html."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Render frozen documents, as an invoice's JSON has them under "document".

    Of several files, one that is wrong is reported, the rest go on, and the exit code is 1.
    """
    from scaicontrol_adapters.document_files import OutputFormat

    wanted = choice(OutputFormat, output_format, "/format") or OutputFormat.PDF
    if len(files) > 1 and output == _STREAM:
        raise Malformed("Several documents do not fit into one stream: name a folder.", code="folder_needed")
    if output is not None and (len(files) > 1 or output.endswith("/")):
        Path(output).mkdir(parents=True, exist_ok=True)
    made = [_attempt(file, wanted, output, alone=len(files) == 1) for file in files]
    if as_json and output != _STREAM:
        print_json({"items": [each for each, _ in made]})
    else:
        for _, line in made:
            print_note(line)
    if any("error" in each for each, _ in made):
        raise typer.Exit(FAILED)


def _attempt(file: str, wanted: OutputFormat, output: str | None, *, alone: bool) -> tuple[Json, str]:
    """Return what came of a file, for programs and for people."""
    try:
        made = _render(file, wanted, output)
    except ScaiControlError as error:
        if alone:
            raise
        return {"file": file, "error": error_value(error)}, f"{file}: {one_line(error)}"
    return made, f"{made['path']}: {made['size']} bytes"


def _render(file: str, wanted: OutputFormat, output: str | None) -> Json:
    from scaicontrol_adapters.document_files import read_document, render_document
    from scaicontrol_cli.files import write_bytes

    document = read_document(_json_of(file))
    content = render_document(document, wanted)
    name = f"{_UNSAFE.sub('_', document['number'])}.{wanted.extension}"
    if output is not None and output != _STREAM and Path(output).is_dir():
        path = str(Path(output) / name)
    else:
        path = output or name
    write_bytes(path, content)
    return {"file": file, "number": document["number"], "path": path, "format": wanted.value, "size": len(content)}


def _json_of(file: str) -> Any:
    from scaicontrol_cli.files import parse_json, read_text

    try:
        return parse_json(read_text(file))
    except (ValueError, RecursionError) as error:
        reason = next(iter(str(error).splitlines()), "nested too deeply")
        raise Malformed(f"{file} is not JSON: {reason}.", code="file_syntax") from None


@app.command("validate")
def validate_documents(
    files: Annotated[
        list[str], typer.Argument(help="XML, or PDF with XML inside (- is standard input).", metavar="FILE…")
    ],
    as_json: AsJson = False,
) -> None:
    """Judge e-invoices by schema, EN 16931, Factur-X, Peppol and XRechnung; exits with 1 if one is refused.

    Of several files, one that can't be read is refused (FILE), and the rest go on.
    """
    reports = [(file, _judged(file, alone=len(files) == 1)) for file in files]
    if as_json:
        print_json({"items": [_report_json(file, report) for file, report in reports]})
    else:
        for file, report in reports:
            _print_report(file, report)
    if not all(report.accepted for _, report in reports):
        raise typer.Exit(FAILED)


def _judged(file: str, *, alone: bool) -> Report:
    from scaicontrol_adapters.einvoice.findings import Finding, Report, Severity
    from scaicontrol_adapters.einvoice.validation import validate_document

    try:
        content = _content_of(file)
    except Malformed as unreadable:
        if alone:
            raise
        return Report(None, None, (Finding("FILE", Severity.FATAL, unreadable.message, "/"),))
    return validate_document(content)


def _content_of(file: str) -> bytes:
    try:
        if file == _STREAM:
            content = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                content = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise Malformed(f"{file}: {error.strerror or error}.", code="file_unreadable") from None
    if len(content) > _MOST_BYTES:
        raise Malformed(f"{file} has more than {_MOST_BYTES} bytes: no invoice has.", code="file_unreadable")
    return content


def _report_json(file: str, report: Report) -> Json:
    return {
        "file": file,
        "accepted": report.accepted,
        "syntax": report.syntax.value if report.syntax else None,
        "profile": report.profile.value if report.profile else None,
        "findings": [_finding_json(finding) for finding in report.findings],
    }


def _finding_json(finding: Finding) -> Json:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "location": finding.location,
    }


def _print_report(file: str, report: Report) -> None:
    verdict = "accepted" if report.accepted else "refused"
    claim = ", ".join(each.value for each in (report.syntax, report.profile) if each) or "unknown"
    print_line(f"{file}: {verdict} ({claim})")
    for finding in report.findings:
        print_line(f"  {finding.severity.value} {finding.rule} at {finding.location}: {finding.message}")
