"""Routes of e-invoices: the XML of an invoice, for administrators and for its buyer."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from scaicontrol_core.documents.einvoicing import XML
from scaicontrol_core.documents.use_cases.read_einvoice import ReadEInvoice
from scaicontrol_core.kernel.checks import choice
from scaicontrol_core.kernel.ids import InvoiceId
from scaicontrol_core.tenancy.fields import EInvoiceFormat
from scaicontrol_http.billing.documents import Revision
from scaicontrol_http.dependencies import Actor, Container
from scaicontrol_http.requests import attachment
from scaicontrol_http.tenancy.routes import own_tenant

_format = choice(EInvoiceFormat)


@get(
    "/admin/invoices/{invoice_id:str}/einvoice",
    tags=["Admin: invoices"],
    summary="Get an invoice's XML",
    media_type=XML,
)
async def get_einvoice(
    container: Container,
    actor: Actor,
    invoice_id: FromPath[str],
    format: FromQuery[str | None] = None,  # noqa: A002
    revision: Revision = None,
) -> Response[bytes]:
    """The XML kept with the PDF, or with the revision named; of a hybrid, the one inside it.

    With another ``format`` than the buyer's, that one is written on the spot: ``ubl`` (Peppol BIS 3),
    ``xrechnung``, ``cii``, ``zugferd``, ``facturx``.
    """
    return await _xml(container, actor, invoice_id, format, revision)


@get(
    "/billing/invoices/{invoice_id:str}/einvoice", tags=["Billing"], summary="Get an own invoice's XML", media_type=XML
)
async def get_own_einvoice(
    container: Container,
    actor: Actor,
    invoice_id: FromPath[str],
    format: FromQuery[str | None] = None,  # noqa: A002
) -> Response[bytes]:
    """The XML of one of the caller's tenant's invoices."""
    own_tenant(actor)
    return await _xml(container, actor, invoice_id, format)


async def _xml(
    container: Container, actor: Actor, invoice_id: str, wanted: str | None, revision: int | None = None
) -> Response[bytes]:
    chosen = _format(wanted, "/format") if wanted else None
    einvoice = await container.use(ReadEInvoice)(actor, InvoiceId(invoice_id), chosen, revision)
    headers = {
        "Content-Disposition": attachment(einvoice.number, "xml"),
        "ETag": f'"{einvoice.sha256}"',
        "X-EInvoice-Format": einvoice.format.value,
    }
    if einvoice.revision is not None:
        headers["X-Document-Revision"] = str(einvoice.revision)
    return Response(einvoice.content, media_type=XML, headers=headers)


ROUTES = (get_einvoice, get_own_einvoice)
