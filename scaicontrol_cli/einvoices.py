"""``scaicontrol admin invoices einvoice``: the XML of an invoice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson, InvoiceArgument, choice
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.naming import invoice_named
from scaicontrol_cli.output import print_json, print_note

if TYPE_CHECKING:
    from scaicontrol_core.documents.use_cases.read_einvoice import InvoiceXml


def add_to(app: typer.Typer) -> None:
    """Add the command to the group of invoices."""
    app.command("einvoice")(write_einvoice)


def write_einvoice(
    invoice: InvoiceArgument,
    einvoice_format: Annotated[
        str | None,
        typer.Option(
            "--format", "-f", help="ubl, xrechnung, cii, zugferd or facturx (default: the one the buyer wants)."
        ),
    ] = None,
    revision: Annotated[
        int | None, typer.Option(min=1, help="The XML that was kept with this revision (default: with the newest).")
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Where to write it (default: NUMBER.xml; - is stdout).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write an invoice's XML: as it was made for the buyer, or in any format."""
    from scaicontrol_cli.files import write_bytes
    from scaicontrol_core.documents.use_cases.read_einvoice import ReadEInvoice
    from scaicontrol_core.tenancy.fields import EInvoiceFormat

    chosen = choice(EInvoiceFormat, einvoice_format, "/format")

    async def work(session: Session) -> InvoiceXml:
        return await session.use(ReadEInvoice)(session.actor, await invoice_named(session, invoice), chosen, revision)

    einvoice = call(work)
    path = output or f"{einvoice.number}.xml"
    write_bytes(path, einvoice.content)
    made = {
        "number": einvoice.number,
        "path": path,
        "format": einvoice.format.value,
        "revision": einvoice.revision,
        "size": len(einvoice.content),
        "sha256": einvoice.sha256,
    }
    if as_json and path != "-":
        print_json(made)
    else:
        print_note(f"{path}: {einvoice.format.value}, {len(einvoice.content)} bytes, sha256 {einvoice.sha256}")
