"""``scaicontrol admin templates``: how documents and e-mails look, version by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import (
    DEFAULT_LIMIT,
    AsJson,
    Cursor,
    Limit,
    OfPartner,
    PageNumber,
    PartnerOption,
    Sort,
    TenantArgument,
    Yes,
    page,
    require_yes,
)
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.groups import group
from scaicontrol_cli.naming import tenant_named
from scaicontrol_cli.output import Json, columns, print_json, print_line, print_note, print_page, print_rows
from scaicontrol_core.kernel.checks import choice, maybe
from scaicontrol_core.kernel.ids import PartnerId

if TYPE_CHECKING:
    from scaicontrol_core.documents.templates.choosing import ChosenTemplate
    from scaicontrol_core.documents.templates.template import (
        DocumentTemplate,
        TemplateContent,
        TemplateLanguage,
        TemplateType,
    )

app = group("Templates of documents and e-mails: kept in versions, checked before they are kept.")

Template = Annotated[str, typer.Argument(help="The template's id.", metavar="TEMPLATE")]
Type = Annotated[str, typer.Option("--type", help="invoice, credit_note, email_invoice, email_reminder_1 …")]
AnyType = Annotated[str | None, typer.Option("--type", help="Only those of this type.")]
Language = Annotated[str | None, typer.Option(help="en, nl, de, fr, es or it (default: any).")]
Css = Annotated[str | None, typer.Option("--css", help="A file with its stylesheet.")]
Subject = Annotated[str | None, typer.Option(help="An e-mail's subject, in Jinja.")]
Output = Annotated[str, typer.Option("--output", "-o", help="The file to write; - is standard output.")]
_SHOWN = columns("id", "name", "document_type", "language", "version", "saved_at", "saved_by")
_FOUND = columns("severity", "part", "line", "message")
_VERSIONS = columns("version", "reason", "saved_at", "saved_by")


def kind_of(text: str) -> TemplateType:
    """Return the document type; ``Invalid`` for an unknown one."""
    from scaicontrol_core.documents.templates.template import TemplateType

    found: TemplateType = choice(TemplateType)(text, "/type")
    return found


def language_of(text: str | None) -> TemplateLanguage | None:
    """Return the language; ``Invalid`` for an unknown one."""
    from scaicontrol_core.documents.templates.template import TemplateLanguage

    found: TemplateLanguage | None = maybe(choice(TemplateLanguage))(text, "/language")
    return found


def template_json(template: DocumentTemplate) -> Json:
    """Return a template as the HTTP API lists it."""
    from scaicontrol_core.kernel.events import to_json

    identity = template.identity
    return {
        "id": template.id,
        "partner_id": template.partner_id,
        "name": identity.name,
        "document_type": identity.document_type.value,
        "language": to_json(identity.language),
        "page_format": to_json(template.content.page_format),
        "version": template.version,
        "is_deleted": template.is_deleted,
        "created_at": to_json(template.created_at),
        "saved_at": to_json(template.saved_at),
        "saved_by": template.saved_by,
    }


@app.command("list")
def list_templates(
    name: Annotated[str | None, typer.Option(help="Only those of this name.")] = None,
    type_: AnyType = None,
    partner: OfPartner = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List the templates in use, by name."""
    from scaicontrol_core.documents.templates.ports import TemplateFilter
    from scaicontrol_core.documents.use_cases.list_templates import ListTemplates

    wanted = TemplateFilter(
        partner_id=PartnerId(partner) if partner else None,
        document_type=kind_of(type_) if type_ else None,
        name=name,
    )
    request = page(limit, cursor, page_number, sort)
    found = call(lambda session: session.use(ListTemplates)(session.actor, request, wanted))
    print_page(found, template_json, _SHOWN, as_json=as_json)


@app.command("show")
def show_template(template: Template, as_json: AsJson = False) -> None:
    """Show a template's text and its versions."""
    from scaicontrol_core.documents.templates.template import TemplateId
    from scaicontrol_core.documents.use_cases.get_template import GetTemplate
    from scaicontrol_core.documents.use_cases.list_template_versions import ListTemplateVersions
    from scaicontrol_core.kernel.events import to_json

    async def work(session: Session) -> Json:
        key = TemplateId(template)
        found = await session.use(GetTemplate)(session.actor, key)
        kept = await session.use(ListTemplateVersions)(session.actor, key)
        versions = [{name: to_json(getattr(each, name)) for name in _version_fields()} for each in kept]
        content: Json = to_json(found.content)
        return template_json(found) | content | {"versions": versions}

    shown = call(work)
    if as_json:
        print_json(shown)
        return
    print_line(f"{shown['name']}@{shown['version']}  {shown['document_type']}  {shown['language'] or 'any language'}")
    if shown["subject"]:
        print_line(shown["subject"])
    print_line(shown["html_content"])
    if shown["css_content"]:
        print_line(shown["css_content"])
    print_rows(shown["versions"], _VERSIONS)


def _version_fields() -> tuple[str, ...]:
    return ("version", "reason", "saved_at", "saved_by")


@app.command("resolve")
def resolve_template(
    tenant: TenantArgument,
    type_: Type = "invoice",
    language: Language = None,
    partner: PartnerOption = None,
    as_json: AsJson = False,
) -> None:
    """Show which template a customer's documents of a type are written with, and why."""
    from scaicontrol_core.documents.use_cases.resolve_template import ResolveTemplate

    async def work(session: Session) -> ChosenTemplate:
        tenant_id = await tenant_named(session, tenant, partner)
        return await session.use(ResolveTemplate)(session.actor, tenant_id, kind_of(type_), language_of(language))

    chosen = call(work)
    label = chosen.template.label if chosen.template else f"built-in/{type_}"
    reasons = [step.reason for step in chosen.resolution.trace]
    if as_json:
        template = template_json(chosen.template) if chosen.template else None
        print_json({"label": label, "template": template, "trace": reasons})
        return
    for reason in reasons:
        print_note(reason)
    print_line(label)


@app.command("validate")
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


@app.command("import")
def import_templates(
    file: Annotated[str, typer.Argument(help="YAML or JSON, as export writes it; - is standard input.")],
    partner: PartnerOption = None,
    as_json: AsJson = False,
) -> None:
    """Check and keep the templates of a file, all or none; what is there already stays as it is."""
    from scaicontrol_cli.files import read_value
    from scaicontrol_cli.template_files import read_file
    from scaicontrol_core.documents.use_cases.import_templates import ImportTemplates

    wanted = read_file(read_value(file), file)
    owner = PartnerId(partner) if partner else None
    saved = call(lambda session: session.use(ImportTemplates)(session.actor, wanted, owner))
    rows = [template_json(each.template) | {"warnings": len(each.report.warnings)} for each in saved]
    if as_json:
        print_json({"items": rows})
    else:
        print_rows(rows, (*_SHOWN, *columns("warnings")))
        print_note(f"{len(rows)} templates")


@app.command("export")
def export_templates(output: Output = "-", partner: PartnerOption = None) -> None:
    """Write a partner's templates into one YAML file (JSON if its name ends so), as import reads it."""
    import json

    from scaicontrol_cli.files import to_yaml, write_text
    from scaicontrol_cli.template_files import file_of
    from scaicontrol_core.documents.use_cases.export_templates import ExportTemplates

    owner = PartnerId(partner) if partner else None
    found = call(lambda session: session.use(ExportTemplates)(session.actor, owner))
    value = file_of(found)
    as_text = json.dumps(value, ensure_ascii=False, indent=1) if output.endswith(".json") else to_yaml(value)
    write_text(output, as_text)
    print_note(f"{len(found)} templates")


@app.command("preview")
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
    write_bytes(output, content)
    print_note(f"Subject: {made.subject}" if made.subject else f"{output}: {len(content)} bytes")


@app.command("restore")
def restore_template(
    template: Template,
    version: Annotated[int, typer.Argument(help="The version to bring back.", min=1)],
    as_json: AsJson = False,
) -> None:
    """Make an older version the newest again; a deleted template is back with it."""
    from scaicontrol_core.documents.templates.template import TemplateId
    from scaicontrol_core.documents.use_cases.restore_template import RestoreTemplate

    _print_one(
        call(lambda session: session.use(RestoreTemplate)(session.actor, TemplateId(template), version)),
        as_json=as_json,
    )


@app.command("delete")
def delete_template(template: Template, yes: Yes = False) -> None:
    """Use a template no more; its versions are kept and can be restored."""
    from scaicontrol_core.documents.templates.template import TemplateId
    from scaicontrol_core.documents.use_cases.delete_template import DeleteTemplate

    require_yes(yes, f"Delete the template {template}?")
    call(lambda session: session.use(DeleteTemplate)(session.actor, TemplateId(template)))
    print_note(f"Deleted {template}")


@app.command("copy")
def copy_template(
    template: Template,
    name: Annotated[str, typer.Argument(help="The copy's name.")],
    language: Language = None,
    partner: Annotated[str | None, typer.Option("--partner", help="The copy's owner (default: the same).")] = None,
    as_json: AsJson = False,
) -> None:
    """Copy a template under another name, for another language, or to another partner."""
    from scaicontrol_core.documents.templates.template import TemplateId
    from scaicontrol_core.documents.use_cases.copy_template import CopyTemplate, TemplateCopy

    to = TemplateCopy(name=name, language=language_of(language), partner_id=PartnerId(partner) if partner else None)
    made = call(lambda session: session.use(CopyTemplate)(session.actor, TemplateId(template), to))
    _print_one(made, as_json=as_json)


def _print_one(template: DocumentTemplate, *, as_json: bool) -> None:
    if as_json:
        print_json(template_json(template))
    else:
        print_rows([template_json(template)], _SHOWN)
