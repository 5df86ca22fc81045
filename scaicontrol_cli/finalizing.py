"""``scaicontrol admin invoices finalize``: one draft, several, or all that a billing run left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaicontrol_cli.arguments import AsJson, Yes, require_yes
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.errors import FAILED, error_value
from scaicontrol_cli.invoice_views import print_invoice
from scaicontrol_cli.naming import invoice_named
from scaicontrol_cli.output import Column, Json, columns, print_json, print_note, print_rows
from scaicontrol_cli.progress import progress
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import InvoiceId, RunId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.billing.finalizing import Finalizations
    from scaicontrol_core.billing.invoice import Invoice

#: How many drafts share a transaction, and with it the lock of their series.
BATCH = 200
_SHOWN = (*columns("id", "number", "status"), Column("error", lambda row: _complaint(row["error"])))


def finalize_invoices(
    invoices: Annotated[
        list[str] | None,
        typer.Argument(help="Ids of drafts; one that has its number stays as it is.", metavar="INVOICE"),
    ] = None,
    drafts_of_run: Annotated[
        str | None, typer.Option("--drafts-of-run", help="All drafts left by the billing run with this id.")
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Give drafts their legal numbers and freeze them, for ever; exits with 1 if one was refused."""
    names = list(dict.fromkeys(invoices or ()))
    if bool(names) == (drafts_of_run is not None):
        raise Invalid("Name the invoices, or a run with --drafts-of-run.", code="invoices_not_named")
    if drafts_of_run is not None:
        drafts = call(lambda session: _drafts_of(session, RunId(drafts_of_run)))
        if drafts:
            count = f"{len(drafts)} draft{'s' if len(drafts) > 1 else ''}"
            require_yes(yes, f"Number {count} of {drafts_of_run} and freeze them for ever?")
        _finalize_many(drafts, as_json=as_json)
    elif len(names) == 1:
        _finalize_one(names[0], yes=yes, as_json=as_json)
    else:
        require_yes(yes, f"Number {len(names)} invoices and freeze them for ever?")
        _finalize_many(names, as_json=as_json)


def _finalize_one(name: str, *, yes: bool, as_json: bool) -> None:
    from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
    from scaicontrol_core.documents.einvoice.precheck import warnings

    require_yes(yes, f"Number {name} and freeze it for ever?")

    async def work(session: Session) -> Invoice:
        return await session.use(FinalizeInvoice)(session.actor, await invoice_named(session, name))

    invoice = call(work)
    print_invoice(invoice, as_json=as_json)
    for warning in warnings(invoice.document):
        print_note(f"Warning: {warning}")


def _finalize_many(names: Sequence[str], *, as_json: bool) -> None:
    items: list[Json] = []
    try:
        if names:
            call(lambda session: _in_batches(session, names, items))
    except BaseException:
        # The batches before it have their numbers for ever, whatever stopped this one: say which.
        if items:
            _print_items(items, as_json=as_json)
        raise
    _print_items(items, as_json=as_json)
    if any(item["error"] for item in items):
        raise typer.Exit(FAILED)


async def _drafts_of(session: Session, run_id: RunId) -> list[InvoiceId]:
    """Return the ids of the drafts that a run left, oldest first; ``NotFound`` for an unknown run."""
    from scaicontrol_core.billing.lifecycle import InvoiceStatus
    from scaicontrol_core.billing.ports import InvoiceFilter
    from scaicontrol_core.billing.use_cases.get_billing_run import GetBillingRun
    from scaicontrol_core.billing.use_cases.list_invoices import ListInvoices
    from scaicontrol_core.kernel.paging import MAX_LIMIT, PageRequest

    await session.use(GetBillingRun)(session.actor, run_id)
    wanted = InvoiceFilter(run_id=run_id, status=InvoiceStatus.DRAFT)
    found: list[InvoiceId] = []
    request: PageRequest | None = PageRequest(limit=MAX_LIMIT)
    while request is not None:
        part = await session.use(ListInvoices)(session.actor, wanted, request)
        found += [draft.id for draft in part.items]
        request = PageRequest(limit=MAX_LIMIT, cursor=part.next_cursor) if part.next_cursor else None
    return found[::-1]


async def _in_batches(session: Session, names: Sequence[str], items: list[Json]) -> None:
    """Finalize them, and add to ``items`` what became of each as soon as its batch is written."""
    from scaicontrol_core.billing.finalizing import FinalizeOrder
    from scaicontrol_core.billing.use_cases.finalize_invoices import FinalizeInvoices

    # All names first: one that is unknown is better noticed before anything is frozen.
    wanted = list(dict.fromkeys([await invoice_named(session, name) for name in names]))
    with progress("Numbering") as step:
        for begin in range(0, len(wanted), BATCH):
            step(begin, len(wanted))
            batch = wanted[begin : begin + BATCH]
            orders = [FinalizeOrder(invoice_id=invoice_id) for invoice_id in batch]
            made = await session.use(FinalizeInvoices)(session.actor, orders)
            items += [_item(invoice_id, made) for invoice_id in batch]


def _item(invoice_id: InvoiceId, made: Finalizations) -> Json:
    refusal = made.refused.get(invoice_id)
    if refusal is not None:
        return {"id": invoice_id, "number": None, "status": None, "error": error_value(refusal)}
    invoice = made.invoices[invoice_id]
    return {"id": invoice_id, "number": invoice.number, "status": invoice.status.value, "error": None}


def _complaint(error: dict[str, Any] | None) -> str | None:
    return f"{error['detail']} [{error['code']}]" if error else None


def _print_items(items: list[Json], *, as_json: bool) -> None:
    if as_json:
        print_json({"items": items, "total": len(items), "next_cursor": None})
        return
    if not items:
        print_note("The run left no drafts.")
        return
    print_rows(items, _SHOWN)
    refused = sum(1 for item in items if item["error"])
    print_note(f"{len(items) - refused} of {len(items)} have their number{f'; {refused} refused' if refused else ''}")
