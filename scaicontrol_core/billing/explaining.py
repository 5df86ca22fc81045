"""Why a document bears the VAT it bears: what it kept of its decisions, and the same decisions taken again.

Everything comes from the frozen document; only the rates, and the engine itself, are today's.
Where the two differ, either the engine has been corrected since or the document was altered:
both are worth an auditor's hour.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scaicontrol_core.kernel.errors import ScaiControlError
from scaicontrol_core.kernel.money import format_minor
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.tax import RateTable, Step, VatDecision, VatInputs, VatRate, decide_vat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@frozen(kw_only=True)
class EntryExplanation:
    """One VAT group: the ``entry`` as frozen, its rows of the rate table, the days of supply.

    ``decisions`` are those of its lines taken again; ``differences`` names what came out
    otherwise (``treatment: reverse_charge, again: destination``). Without kept inputs, as in
    documents of the first version, there are neither.
    """

    entry: Mapping[str, Any]
    rates: tuple[VatRate, ...]
    supply_dates: tuple[date, ...]
    decisions: tuple[VatDecision, ...]
    differences: tuple[str, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The reasoning, each step once, in the order of the lines."""
        return tuple(dict.fromkeys(step for decision in self.decisions for step in decision.steps))


@frozen(kw_only=True)
class VatExplanation:
    """A document's VAT explained; ``inputs`` and ``evidence`` are None where they were not kept."""

    number: str
    inputs: Mapping[str, Any] | None
    evidence: Mapping[str, Any] | None
    vat_accounting: Mapping[str, Any] | None
    entries: tuple[EntryExplanation, ...]

    @property
    def agrees(self) -> bool:
        """Tell whether every decision, taken again, is the frozen one."""
        return not any(entry.differences for entry in self.entries)


def explain_vat(document: Mapping[str, Any], rates: RateTable) -> VatExplanation:
    """Explain a frozen document of any version."""
    details = document["vat_details"]
    inputs, evidence = details.get("inputs"), details.get("evidence")
    return VatExplanation(
        number=document["number"],
        inputs=inputs,
        evidence=evidence,
        vat_accounting=document.get("vat_accounting"),
        entries=tuple(_explain(entry, document["lines"], inputs, evidence, rates) for entry in details["entries"]),
    )


def _explain(
    entry: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    inputs: Mapping[str, Any] | None,
    evidence: Mapping[str, Any] | None,
    rates: RateTable,
) -> EntryExplanation:
    own = [
        line for line in lines if (line["category"], _percent(line["rate_bp"])) == (entry["category"], entry["rate"])
    ]
    rows = (entry["rate_id"] or "").split("+")
    decisions: tuple[VatDecision, ...] = ()
    differences: tuple[str, ...] = ()
    if inputs is not None:
        try:
            decisions = tuple(dict.fromkeys(decide_vat(kept_inputs(inputs, evidence, line), rates) for line in own))
        except ScaiControlError as error:
            differences = (f"it cannot be decided again: {error.message}",)
        else:
            differences = tuple(dict.fromkeys(each for decision in decisions for each in _differences(entry, decision)))
    return EntryExplanation(
        entry=entry,
        rates=tuple(row for row in rates.rows if row.rate_id in rows),
        supply_dates=tuple(sorted({date.fromisoformat(line["supply_date"]) for line in own})),
        decisions=decisions,
        differences=differences,
    )


def kept_inputs(kept: Mapping[str, Any], evidence: Mapping[str, Any] | None, line: Mapping[str, Any]) -> VatInputs:
    """Return what the decision on a line was taken on, with that evidence."""
    start, end = line["period_start"], line["period_end"]
    return VatInputs(
        **kept,
        evidence_state=evidence["state"] if evidence else None,
        supply_date=date.fromisoformat(line["supply_date"]),
        service_period=Period(date.fromisoformat(start), date.fromisoformat(end)) if start and end else None,
    )


def _differences(entry: Mapping[str, Any], again: VatDecision) -> tuple[str, ...]:
    pairs = {
        "treatment": again.treatment.value,
        "category": again.category.value,
        "rate": again.rate,
        "country": again.country,
        "vatex": again.vatex,
        "rule": again.rule,
    }
    return tuple(
        f"{name}: {entry.get(name)}, again: {value}" for name, value in pairs.items() if entry.get(name) != value
    )


def _percent(rate_bp: int) -> str:
    return format_minor(rate_bp, 2)
