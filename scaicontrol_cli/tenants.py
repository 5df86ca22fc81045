"""``scaicontrol admin tenants``: customers and their billing profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli import billing_profiles, statements
from scaicontrol_cli.arguments import (
    DEFAULT_LIMIT,
    AsJson,
    Cursor,
    DryRun,
    ExpectedVersion,
    Limit,
    OfPartner,
    PageNumber,
    PartnerOption,
    Sort,
    TenantArgument,
    choice,
    page,
)
from scaicontrol_cli.completion import words
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.errors import FAILED
from scaicontrol_cli.groups import group
from scaicontrol_cli.naming import tenant_named
from scaicontrol_cli.output import Json, columns, print_item, print_json, print_note, print_page, print_rows
from scaicontrol_core.kernel.ids import PartnerId

if TYPE_CHECKING:
    from scaicontrol_core.tenancy.tenant import Tenant
    from scaicontrol_core.tenancy.use_cases.import_tenants import ImportReport

app = group("Customers: who subscribes and is billed.")
billing_profiles.add_to(app)
statements.add_to(app)
_SHOWN = columns("id", "external_reference", "name", "collection_method", "is_active", "created_at")


def tenant_json(tenant: Tenant) -> Json:
    """Return a tenant as JSON."""
    from scaicontrol_core.kernel.events import to_json

    names = (
        "id",
        "partner_id",
        "name",
        "external_reference",
        "collection_method",
        "is_active",
        "created_at",
        "version",
    )
    return {name: to_json(getattr(tenant, name)) for name in names}


@app.command("list")
def list_tenants(
    partner: OfPartner = None,
    search: Annotated[str | None, typer.Option(help="Part of the name or the reference.")] = None,
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="Only these.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    page_number: PageNumber = None,
    sort: Sort = None,
    as_json: AsJson = False,
) -> None:
    """List customers."""
    from scaicontrol_core.tenancy.ports import TenantFilter
    from scaicontrol_core.tenancy.use_cases.list_tenants import ListTenants

    wanted = TenantFilter(partner_id=PartnerId(partner) if partner else None, search=search, is_active=active)
    request = page(limit, cursor, page_number, sort)
    found = call(lambda session: session.use(ListTenants)(session.actor, request, wanted))
    print_page(found, tenant_json, _SHOWN, as_json=as_json)


@app.command("show")
def show_tenant(tenant: TenantArgument, partner: PartnerOption = None, as_json: AsJson = False) -> None:
    """Show a customer."""
    from scaicontrol_core.tenancy.use_cases.find_tenant import FindTenant

    partner_id = PartnerId(partner) if partner else None
    found = call(lambda session: session.use(FindTenant)(session.actor, tenant, partner_id))
    print_item(tenant_json(found), as_json=as_json)


@app.command("create")
def create_tenant(
    name: Annotated[str, typer.Argument(help="What the customer is called.")],
    reference: Annotated[str | None, typer.Option(help="Your own key for the customer.")] = None,
    collection_method: Annotated[
        str,
        typer.Option(
            help="send_invoice or charge_automatically.",
            autocompletion=words("scaicontrol_core.tenancy.tenant:CollectionMethod"),
        ),
    ] = "send_invoice",
    partner: PartnerOption = None,
    as_json: AsJson = False,
) -> None:
    """Take on a customer. It needs a billing profile before it can subscribe."""
    from scaicontrol_core.tenancy.tenant import CollectionMethod
    from scaicontrol_core.tenancy.use_cases.create_tenant import CreateTenant, NewTenant

    wanted = NewTenant(
        name=name,
        external_reference=reference,
        collection_method=choice(CollectionMethod, collection_method, "/collection_method")
        or CollectionMethod.SEND_INVOICE,
        partner_id=PartnerId(partner) if partner else None,
    )
    created = call(lambda session: session.use(CreateTenant)(session.actor, wanted))
    print_item(tenant_json(created), as_json=as_json)


@app.command("update")
def update_tenant(
    tenant: TenantArgument,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    reference: Annotated[str | None, typer.Option(help="Another key of your own; empty for none.")] = None,
    collection_method: Annotated[
        str | None,
        typer.Option(
            help="send_invoice or charge_automatically.",
            autocompletion=words("scaicontrol_core.tenancy.tenant:CollectionMethod"),
        ),
    ] = None,
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="Whether it is served.")] = None,
    expected_version: ExpectedVersion = None,
    partner: PartnerOption = None,
    as_json: AsJson = False,
) -> None:
    """Change the named fields of a customer; the others stay."""
    from scaicontrol_core.kernel.editing import UNSET
    from scaicontrol_core.tenancy.tenant import CollectionMethod, TenantChanges
    from scaicontrol_core.tenancy.use_cases.update_tenant import UpdateTenant

    method = choice(CollectionMethod, collection_method, "/collection_method")
    changes = TenantChanges(
        name=UNSET if name is None else name,
        external_reference=UNSET if reference is None else reference or None,
        collection_method=UNSET if method is None else method,
        is_active=UNSET if active is None else active,
    )

    async def work(session: Session) -> Tenant:
        tenant_id = await tenant_named(session, tenant, partner)
        return await session.use(UpdateTenant)(session.actor, tenant_id, changes, expected_version)

    print_item(tenant_json(call(work)), as_json=as_json)


@app.command("import")
def import_tenants(
    file: Annotated[str, typer.Argument(help="A CSV file whose first line names the columns; - is standard input.")],
    partner: PartnerOption = None,
    attest_vat: Annotated[
        str | None, typer.Option(help="Take well-formed VAT numbers as valid, for this reason.")
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Create or update customers from a list; a bad row is reported and the others go on.

    Exits with 1 if a row failed.
    """
    from scaicontrol_cli.files import read_rows
    from scaicontrol_core.tenancy.use_cases.import_tenants import ImportTenants, TenantList

    wanted = TenantList(
        rows=read_rows(file),
        partner_id=PartnerId(partner) if partner else None,
        vat_attestation=attest_vat,
        dry_run=dry_run,
    )
    report = call(lambda session: session.use(ImportTenants)(session.actor, wanted))
    _print_report(report, as_json=as_json)
    if report.failed:
        raise typer.Exit(FAILED)


def _print_report(report: ImportReport, *, as_json: bool) -> None:
    from scaicontrol_core.kernel.events import to_json

    counts = {"created": report.created, "updated": report.updated, "unchanged": report.unchanged}
    failed = to_json(report.failed)
    if as_json:
        print_json(counts | {"dry_run": report.dry_run, "rows": to_json(report.rows), "failed": failed})
        return
    print_rows([counts | {"failed": len(failed)}], columns("created", "updated", "unchanged", "failed"))
    for row in failed:
        places = ", ".join(field["pointer"] for field in row["fields"])
        name = row["external_reference"] or "without a reference"
        print_note(
            f"row {row['row']} ({name}): {row['message']} [{row['code']}]" + (f" At {places}." if places else "")
        )
    if report.dry_run:
        print_note("Nothing was written: this was a dry run.")
