"""``scaicontrol admin templates validate`` and ``preview``: a template before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.output import columns, print_json, print_note, print_rows
from scaicontrol_cli.template_arguments import Css, Language, Output, Subject, Type, kind_of, language_of

if TYPE_CHECKING:
    from scaicontrol_core.documents.templates.template import TemplateContent

_FOUND = columns("severity", "part", "line", "message")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the group of templates."""
    app.command("validate")(validate_template)
    app.command("preview")(preview_template)


def validate_template(
    file: Annotated[str, typer.Argument(help="A file with its HTML; - is standard input.")],
    type_: Type = "invoice",
    language: Language = None,
    css: Css = None,
    subject: Subject = None,
    as_json: AsJson = False,
) -> None:
    """Check a template without keeping it; exits with 1 if a save would be refused."""
    from scaicontrol_core.documents.use_cases.validate_template import ValidateTemplate
    from scaicontrol_core.kernel.events import to_json

    content = _content(file, css, subject)
    kind, wanted = kind_of(type_), language_of(language)
    report = call(lambda session: session.use(ValidateTemplate)(session.actor, kind, content, wanted))
    found = [to_json(each) for each in report.findings]
    if as_json:
        print_json({"valid": not report.errors, "findings": found})
    else:
        print_rows(found, _FOUND)
        print_note(f"{len(report.errors)} errors, {len(report.warnings)} warnings")
    if report.errors:
        raise typer.Exit(FAILED)


def _content(file: str, css: str | None, subject: str | None) -> TemplateContent:
    from scaicontrol_cli.files import read_text
    from scaicontrol_core.documents.templates.template import TemplateContent

    return TemplateContent(html_content=read_text(file), css_content=read_text(css) if css else "", subject=subject)


def preview_template(
    template: Annotated[str | None, typer.Argument(help="The id of a kept template.", metavar="TEMPLATE")] = None,
    file: Annotated[str | None, typer.Option("--file", help="A file with HTML instead.")] = None,
    type_: Type = "invoice",
    language: Language = None,
    css: Css = None,
    subject: Subject = None,
    sample: Annotated[str | None, typer.Option(help="domestic, reverse_charge, many_lines, bare …")] = None,
    invoice: Annotated[str | None, typer.Option(help="An invoice's id or number, instead of a sample.")] = None,
    output: Output = "-",
    as_json: AsJson = False,
) -> None:
    """Write what a template makes of a sample or an invoice: HTML, or a PDF if the file's name ends so."""
    from scaicontrol_cli.files import write_bytes
    from scaicontrol_cli.naming import invoice_named
    from scaicontrol_core.documents.templates.template import TemplateId
    from scaicontrol_core.documents.use_cases.preview_template import Preview, PreviewOrder, PreviewTemplate

    async def work(session: Session) -> Preview:
        order = PreviewOrder(
            document_type=kind_of(type_),
            content=_content(file, css, subject) if file else None,
            template_id=TemplateId(template) if template else None,
            language=language_of(language),
            sample=sample,
            invoice_id=await invoice_named(session, invoice) if invoice else None,
            pdf=output.endswith(".pdf"),
        )
        return await session.use(PreviewTemplate)(session.actor, order)

    made = call(work)
    content = made.pdf if made.pdf is not None else made.html.encode()
    if as_json and output == "-":
        print_json({"subject": made.subject, "html": made.html})
        return
    write_bytes(output, content)
    if as_json:
        print_json({"subject": made.subject, "path": output, "size": len(content)})
        return
    print_note(f"Subject: {made.subject}" if made.subject else f"{output}: {len(content)} bytes")
