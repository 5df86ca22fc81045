"""One supply as plain JSON values, in and out: what ``vat determine`` reads and writes.

For callers who have no invoice yet: a shop that asks which VAT its basket bears, an auditor
who feeds ten thousand cases to the engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from attrs import frozen

from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.checks import Findings
from scaicontrol_core.kernel.errors import Invalid, ScaiControlError
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.tax.breakdown import group_tax, spread_tax
from scaicontrol_core.tax.evidence import evidence_state
from scaicontrol_core.tax.vat_decision import VatDecision
from scaicontrol_core.tax.vat_inputs import VatInputs
from scaicontrol_core.tax.vat_rates import RateTable
from scaicontrol_core.tax.vat_rules import decide_vat
from scaicontrol_core.tenancy.seller import VatExemption
from scaicontrol_core.tenancy.vat_evidence import VatNumberState

_MAX_LINES = 10_000
_MAX_TEXT = 100
_MISSPELT = 2
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@frozen(kw_only=True)
class Supply:
    """A supply with its lines' net amounts, in minor units; ``id`` is the caller's own, any JSON value."""

    id: Any
    inputs: VatInputs
    nets: tuple[int, ...]


@frozen(kw_only=True)
class Determination:
    """The decision on a supply, its VAT on the sum of the lines, and each line's share of it."""

    supply: Supply
    decision: VatDecision
    tax_cents: int
    line_tax_cents: tuple[int, ...]

    def to_dict(self, *, with_steps: bool = False) -> dict[str, Any]:
        """Return it as JSON values; ``rate`` is a percentage as text, amounts are minor units."""
        decision = self.decision
        answer = {
            "id": self.supply.id,
            "treatment": decision.treatment.value,
            "category": decision.category.value,
            "rate": decision.rate,
            "reverse_charge": decision.reverse_charge,
            "vatex": decision.vatex,
            "legal_note": decision.legal_note,
            "tax_cents": self.tax_cents,
            "lines": [{"tax_cents": tax} for tax in self.line_tax_cents],
            "review": decision.review,
            "rule": decision.rule,
            "law": decision.law,
            "country": decision.country,
            "rate_id": decision.rate_id,
            "advisories": [advisory.value for advisory in decision.advisories],
        }
        if with_steps:
            answer["steps"] = [{"text": step.text, "law": step.law} for step in decision.steps]
        return answer


def determine(supply: Supply, rates: RateTable) -> Determination:
    """Decide a supply; raises what ``decide_vat`` raises."""
    decision, nets = decide_vat(supply.inputs, rates), list(supply.nets)
    return Determination(
        supply=supply,
        decision=decision,
        tax_cents=group_tax(sum(nets), decision.rate_bp),
        line_tax_cents=tuple(spread_tax(nets, decision.rate_bp)),
    )


def read_supply(value: object) -> Supply:
    """Read a supply from the value of a JSON object; raises ``Invalid`` that names every wrong field.

    ``seller_country``, ``buyer_country`` and ``supply_date`` (YYYY-MM-DD) are required.
    ``vat_valid`` is true, false, null for never checked, or a state's name. A name nobody knows
    is left aside, unless it looks like one of ours misspelt.
    """
    if not isinstance(value, Mapping):
        raise Invalid.field("", "A supply is a JSON object.", code="malformed")
    findings = Findings()
    given: dict[str, Any] = {}
    for name, raw in value.items():
        field = _FIELDS.get(name)
        if field is None:
            if name != "id":
                _note_misspelt(name, findings)
        elif raw is not None:
            target, read = field
            given[target] = _attempt(read, raw, f"/{name}", findings)
    for name in _REQUIRED:
        if value.get(name) is None:
            findings.note(f"/{name}", "This is required.", "required")
    nets = given.pop("nets", None) or ()
    given.pop("seller_vat", None)
    findings.raise_if_any()
    return Supply(id=value.get("id"), inputs=VatInputs(**given, supply_net_cents=sum(nets)), nets=nets)


def refusal(supply_id: Any, error: ScaiControlError) -> dict[str, Any]:
    """Return what is answered for a supply that can't be decided; ``field`` is the first wrong one."""
    field = error.fields[0].pointer.lstrip("/") if error.fields else ""
    return {"id": supply_id, "error": {"code": error.code, "field": field, "message": error.message}}


def _attempt(read: checks.Check, raw: object, pointer: str, findings: Findings) -> Any:
    try:
        return read(raw, pointer)
    except Invalid as error:
        findings.add(error)
        return None


def _note_misspelt(name: str, findings: Findings) -> None:
    meant = next((known for known in _FIELDS if _resembles(name, known)), None)
    if meant is not None:
        findings.note(f"/{name}", f"There is no field {name!r}. Is {meant!r} meant?", "field_unknown")


def _resembles(name: str, known: str) -> bool:
    """Tell whether two names are the same but for one place of at most two letters."""
    shorter = min(len(name), len(known))
    before = next((place for place in range(shorter) if name[place] != known[place]), shorter)
    rest = shorter - before
    after = next((place for place in range(rest) if name[-1 - place] != known[-1 - place]), rest)
    return max(len(name), len(known)) - before - after <= _MISSPELT


def _day(raw: object, pointer: str) -> date:
    try:
        # Exactly YYYY-MM-DD: ``fromisoformat`` also takes weeks, and dates without dashes.
        if isinstance(raw, str) and _DAY.fullmatch(raw):
            return date.fromisoformat(raw)
    except ValueError:
        pass
    raise Invalid.field(pointer, f"{raw!r} is not a date like 2026-01-31.", code="date_invalid")


def _period(raw: object, pointer: str) -> Period:
    """Read a service period of two days, the end exclusive."""
    if not isinstance(raw, Mapping):
        raise Invalid.field(pointer, 'A period is an object like {"start": …, "end": …}.', code="malformed")
    return Period(_day(raw.get("start"), f"{pointer}/start"), _day(raw.get("end"), f"{pointer}/end"))


def _state(raw: object, pointer: str) -> VatNumberState:
    try:
        if isinstance(raw, bool | str):
            return evidence_state(raw)
    except Invalid:
        pass
    raise Invalid.field(
        pointer, f"{raw!r} is neither true nor false nor null, nor the name of a state.", code="choice_unknown"
    )


def _nets(raw: object, pointer: str) -> tuple[int, ...]:
    if isinstance(raw, str | bytes) or not isinstance(raw, Sequence):
        raise Invalid.field(pointer, "Lines are a list.", code="malformed")
    if len(raw) > _MAX_LINES:
        raise Invalid.field(pointer, f"At most {_MAX_LINES} lines.", code="too_many_lines")
    return tuple([_net(line, f"{pointer}/{index}") for index, line in enumerate(raw)])


def _net(line: object, pointer: str) -> int:
    if not isinstance(line, Mapping):
        raise Invalid.field(pointer, 'A line is an object like {"net_cents": 19900}.', code="malformed")
    net: int = _AMOUNT(line.get("net_cents"), f"{pointer}/net_cents")
    return net


_AMOUNT = checks.whole(-checks.MAX_MINOR_UNITS, checks.MAX_MINOR_UNITS)
_TURNOVER = checks.whole(0, checks.MAX_MINOR_UNITS)


def _quickly(check: checks.Check) -> checks.Check:
    """Let plain short text through as it is: looking for what is rare would cost more than the decision."""

    def checked(raw: Any, pointer: str) -> Any:
        if (
            isinstance(raw, str)
            and raw.isascii()
            and raw.isprintable()
            and 0 < len(raw.strip()) == len(raw) <= _MAX_TEXT
        ):
            return raw
        return check(raw, pointer)

    return checked


def _category(raw: object, pointer: str) -> str:
    if raw in ("G", "O"):
        return str(raw)
    raise Invalid.field(pointer, f"{raw!r} is neither G nor O.", code="choice_unknown")


_COUNTRY = _quickly(checks.required(_MAX_TEXT))
_TEXT = _quickly(checks.maybe_text(_MAX_TEXT))
#: The name in the JSON → the field of ``VatInputs`` (or of our own), and how its value is read.
_FIELDS: dict[str, tuple[str, Callable[[Any, str], Any]]] = {
    "seller_country": ("seller_country", _COUNTRY),
    "seller_postal_code": ("seller_postal_code", _TEXT),
    "seller_vat": ("seller_vat", _TEXT),
    "buyer_country": ("buyer_country", _COUNTRY),
    "buyer_postal_code": ("buyer_postal_code", _TEXT),
    "buyer_vat_number": ("buyer_vat_number", _TEXT),
    "vat_valid": ("evidence_state", _state),
    "is_business": ("is_business", checks.flag),
    "tax_exempt": ("tax_exempt", checks.flag),
    "supply_date": ("supply_date", _day),
    "service_period": ("service_period", _period),
    "oss_registered": ("oss_registered", checks.flag),
    "b2c_cross_border_turnover_cents": ("b2c_cross_border_turnover_cents", _TURNOVER),
    "b2c_cross_border_turnover_last_year_cents": ("b2c_cross_border_turnover_last_year_cents", _TURNOVER),
    "non_eu_services_category": ("non_eu_services_category", _category),
    "exempt_before_reverse_charge": ("exempt_before_reverse_charge", checks.flag),
    "seller_exemption": ("seller_exemption", checks.choice(VatExemption)),
    "lines": ("nets", _nets),
}
_REQUIRED = ("seller_country", "buyer_country", "supply_date")
