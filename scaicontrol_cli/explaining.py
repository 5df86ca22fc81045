"""``scaicontrol admin invoices explain``: why a document bears the VAT it bears."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_cli.arguments import AsJson, InvoiceArgument
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.naming import invoice_named
from scaicontrol_cli.output import Json, print_item, print_json, print_line, print_note

if TYPE_CHECKING:
    import typer

    from scaicontrol_core.billing.explaining import EntryExplanation, VatExplanation

_NOT_KEPT = "not kept (the document is of an earlier version)"


def add_to(app: typer.Typer) -> None:
    """Add the command to the group of invoices."""
    app.command("explain")(explain_invoice)


def explain_invoice(invoice: InvoiceArgument, as_json: AsJson = False) -> None:
    """Say which rule, law, rate and evidence each VAT group rests on, and decide it again."""
    from scaicontrol_core.billing.use_cases.explain_invoice import ExplainInvoice

    async def work(session: Session) -> VatExplanation:
        return await session.use(ExplainInvoice)(session.actor, await invoice_named(session, invoice))

    explained = call(work)
    if as_json:
        print_json(_json(explained))
    else:
        _print(explained)


def _json(explained: VatExplanation) -> Json:
    return {
        "number": explained.number,
        "agrees": explained.agrees,
        "inputs": explained.inputs,
        "evidence": explained.evidence,
        "vat_accounting": explained.vat_accounting,
        "entries": [_entry_json(entry) for entry in explained.entries],
    }


def _entry_json(entry: EntryExplanation) -> Json:
    return {
        **entry.entry,
        "supply_dates": [day.isoformat() for day in entry.supply_dates],
        "rates": [
            {
                "rate_id": rate.rate_id,
                "territory": rate.territory,
                "rate": rate.percent,
                "valid_from": rate.valid_from.isoformat(),
                "valid_to": rate.valid_to.isoformat() if rate.valid_to else None,
                "source": rate.source,
            }
            for rate in entry.rates
        ],
        "steps": [{"text": step.text, "law": step.law} for step in entry.steps],
        "differences": list(entry.differences),
    }


def _print(explained: VatExplanation) -> None:
    for entry in explained.entries:
        kept = entry.entry
        print_line(f"{explained.number}: {kept['label']} ({kept['category']} {kept['rate']} %, {kept['treatment']})")
        print_item(
            {
                "rule": kept.get("rule", _NOT_KEPT),
                "law": kept.get("law", _NOT_KEPT),
                "taxed in": kept["country"],
                "supplied": ", ".join(day.isoformat() for day in entry.supply_dates),
                "rate": "; ".join(f"{rate.rate_id}, {rate.percent} %, {rate.source}" for rate in entry.rates) or None,
                "exemption": kept["vatex"],
                "mention": kept["legal_note"],
                "review": "a person should look at this" if kept["review"] else None,
            },
            as_json=False,
        )
        for number, step in enumerate(entry.steps, 1):
            print_line(f"{number}. {step.text}" + (f" [{step.law}]" if step.law else ""))
        print_line()
    _print_evidence(explained)
    for entry in explained.entries:
        for difference in entry.differences:
            print_note(f"DIFFERS {entry.entry['label']}: {difference}")
    if explained.inputs is not None and explained.agrees:
        print_note("Decided again, every group comes out as frozen.")


def _print_evidence(explained: VatExplanation) -> None:
    evidence, accounting = explained.evidence, explained.vat_accounting
    if evidence is not None:
        print_item({f"evidence: {name}": value for name, value in evidence.items()}, as_json=False)
    else:
        print_line(f"evidence: {_NOT_KEPT if explained.inputs is None else 'the buyer shows no VAT number'}")
    if accounting is not None:
        print_line(
            f"VAT in {accounting['currency']}: at {accounting['rate']} of {accounting['rate_date']}"
            f" ({accounting['source']})"
        )
