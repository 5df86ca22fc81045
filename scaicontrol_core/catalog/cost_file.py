"""Unit costs as an operator writes them: in a file, a request or a command line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from scaicontrol_core.catalog.unit_cost import UnitCost
from scaicontrol_core.kernel.checks import Findings, slug
from scaicontrol_core.kernel.clock import as_utc
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import ServiceId

MAX_COSTS = 10_000
_LIST = "unit_costs"
_NEEDED = ("service", "metric", "cost_cents", "currency")
_KNOWN = {*_NEEDED, "unit_divisor", "valid_from"}


@frozen(kw_only=True)
class CostEntry:
    """What units of a service's metric cost; without ``valid_from``: from now on. ``pointer`` is for complaints."""

    pointer: str
    service: str
    metric: str
    cost_cents: Any
    currency: str
    unit_divisor: Any = 1
    valid_from: datetime | None = None

    def cost(self, service_id: ServiceId, now: datetime) -> UnitCost:
        """Return the core's value; ``Invalid`` names every wrong field."""
        return UnitCost(
            service_id=service_id,
            metric=self.metric,
            currency=self.currency,
            valid_from=self.valid_from or now,
            cost_cents=self.cost_cents,
            unit_divisor=self.unit_divisor,
        )


def read_costs(raw: object) -> tuple[CostEntry, ...]:
    """Read the plain value of a file, ``{"unit_costs": [...]}``; raises one ``Invalid`` that points at every fault."""
    listed = raw.get(_LIST) if isinstance(raw, Mapping) and set(raw) == {_LIST} else None
    if not isinstance(listed, list | tuple) or not 1 <= len(listed) <= MAX_COSTS:
        text = f"This must be an object with a list of 1 to {MAX_COSTS} unit_costs, and nothing else."
        raise Invalid.field(f"/{_LIST}", text, code="unit_costs_invalid")
    findings = Findings()
    entries = [_entry(each, f"/{_LIST}/{place}", findings) for place, each in enumerate(listed)]
    findings.raise_if_any()
    return tuple(entry for entry in entries if entry is not None)


def _entry(raw: object, at: str, findings: Findings) -> CostEntry | None:
    if not isinstance(raw, Mapping):
        findings.note(at, "This must be an object.", "object_invalid")
        return None
    missing = [name for name in _NEEDED if raw.get(name) is None]
    for name in missing:
        findings.note(f"{at}/{name}", "This is missing.", "required")
    unknown = [name for name in raw if name not in _KNOWN]
    for name in unknown:
        findings.note(f"{at}/{name}", f"There is no field {name!r} here.", "field_unknown")
    if missing or unknown:
        return None
    return findings.attempt(lambda: _read(raw, at))


def _read(raw: Mapping[str, Any], at: str) -> CostEntry:
    return CostEntry(
        pointer=at,
        service=slug(raw["service"], f"{at}/service"),
        metric=slug(raw["metric"], f"{at}/metric"),
        cost_cents=raw["cost_cents"],
        currency=raw["currency"],
        unit_divisor=1 if raw.get("unit_divisor") is None else raw["unit_divisor"],
        valid_from=_instant(raw.get("valid_from"), f"{at}/valid_from"),
    )


def _instant(raw: object, pointer: str) -> datetime | None:
    """Read an instant with its offset from UTC: a text, or what a YAML file made of one."""
    if raw is None:
        return None
    found = raw
    if isinstance(raw, str):
        try:
            found = datetime.fromisoformat(raw)
        except ValueError:
            found = None
    if not isinstance(found, datetime) or found.tzinfo is None:
        text = f"{raw} is not an instant such as 2026-11-01T00:00:00Z."
        raise Invalid.field(pointer, text, code="instant_invalid")
    return as_utc(found)
