"""``scaicontrol admin templates``: how documents and e-mails look, version by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli import template_checks
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
from scaicontrol_cli.groups import group
from scaicontrol_cli.naming import tenant_named
from scaicontrol_cli.output import Json, columns, print_json, print_line, print_note, print_page, print_rows
from scaicontrol_cli.template_arguments import AnyType, Language, Output, Template, Type, kind_of, language_of
from scaicontrol_core.kernel.ids import PartnerId

if TYPE_CHECKING:
    from scaicontrol_core.documents.templates.choosing import ChosenTemplate
    from scaicontrol_core.documents.templates.template import DocumentTemplate

app = group("Templates of documents and e-mails: kept in versions, checked before they are kept.")
template_checks.add_to(app)

_SHOWN = columns("id", "name", "document_type", "language", "version", "saved_at", "saved_by")
_VERSIONS = columns("version", "reason", "saved_at", "saved_by")


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
def export_templates(output: Output = "-", partner: PartnerOption = None, as_json: AsJson = False) -> None:
    """Write a partner's templates into one YAML file (JSON if its name ends so), as import reads it."""
    import json

    from scaicontrol_cli.files import to_yaml, write_text
    from scaicontrol_cli.template_files import file_of
    from scaicontrol_core.documents.use_cases.export_templates import ExportTemplates

    owner = PartnerId(partner) if partner else None
    found = call(lambda session: session.use(ExportTemplates)(session.actor, owner))
    value = file_of(found)
    if as_json and output == "-":
        print_json(value)
        return
    as_text = json.dumps(value, ensure_ascii=False, indent=1) if output.endswith(".json") else to_yaml(value)
    write_text(output, as_text)
    if as_json:
        print_json({"path": output, "templates": len(found)})
    else:
        print_note(f"{len(found)} templates")


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
def delete_template(template: Template, yes: Yes = False, as_json: AsJson = False) -> None:
    """Use a template no more; its versions are kept and can be restored."""
    from scaicontrol_core.documents.templates.template import TemplateId
    from scaicontrol_core.documents.use_cases.delete_template import DeleteTemplate

    require_yes(yes, f"Delete the template {template}?")
    call(lambda session: session.use(DeleteTemplate)(session.actor, TemplateId(template)))
    if as_json:
        print_json({"id": template, "deleted": True})
    else:
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
