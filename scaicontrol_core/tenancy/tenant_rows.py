"""Rows of a customer list (a CSV file's, say) read as tenants with their billing details."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import fields_dict, frozen

from scaicontrol_core.kernel.checks import Findings, required
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.tenancy.billing_profile import BillingDetails
from scaicontrol_core.tenancy.tenant import CollectionMethod

_DETAILS = frozenset(fields_dict(BillingDetails))
_FLAGS = ("tax_exempt", "is_business")
_REFERENCE = "tenant"
#: Columns beside those of the billing details: the reference, the name, how it pays, what it buys from when.
_OTHERS = frozenset({_REFERENCE, "name", "collection_method", "subscribe", "start_date"})
COLUMNS = _DETAILS | _OTHERS
_YES = frozenset({"true", "yes", "1"})
_NO = frozenset({"false", "no", "0"})


@frozen(kw_only=True)
class TenantRow:
    """One customer of the list. ``subscribe`` and ``start_date`` are for whoever subscribes it afterwards."""

    external_reference: str
    name: str
    collection_method: CollectionMethod
    details: BillingDetails
    subscribe: str | None = None
    start_date: date | None = None


def read_tenant_row(row: Mapping[str | None, Any]) -> TenantRow:
    """Read a row by its column names; a column that is absent or blank takes its default.

    Surplus cells stand under None, as the standard library's CSV reader hands them over.

    Raises one ``Invalid`` with a pointer per wrong column, unknown columns included.
    """
    cells = {name: str(value or "").strip() for name, value in row.items() if name is not None}
    findings = Findings()
    if None in row:
        findings.note("", "The row has more cells than there are columns.", "row_too_long")
    for name in cells.keys() - COLUMNS:
        findings.note(f"/{name}", f"There is no column {name!r}.", "column_unknown")
    reference = findings.attempt(lambda: required(100)(cells.get(_REFERENCE, ""), f"/{_REFERENCE}"))
    details = findings.attempt(lambda: _details(cells))
    method = findings.attempt(lambda: _method(cells.get("collection_method", "")))
    start_date = findings.attempt(lambda: _day(cells.get("start_date", "")))
    findings.raise_if_any()
    assert reference is not None and details is not None and method is not None  # noqa: S101, PT018  # else raised
    return TenantRow(
        external_reference=reference,
        name=cells.get("name") or details.company_name,
        collection_method=method,
        details=details,
        subscribe=cells.get("subscribe") or None,
        start_date=start_date,
    )


def _details(cells: Mapping[str, str]) -> BillingDetails:
    findings = Findings()
    given: dict[str, object] = {name: cells[name] for name in _DETAILS if cells.get(name)}
    for name in _FLAGS:
        if name in given:
            given[name] = findings.attempt(lambda name=name: _flag(cells[name], f"/{name}"))  # type: ignore[misc]
    findings.raise_if_any()
    return BillingDetails(**({"company_name": "", "country_code": ""} | given))  # type: ignore[arg-type]  # checked there


def _flag(text: str, pointer: str) -> bool:
    lower = text.lower()
    if lower not in _YES | _NO:
        raise Invalid.field(pointer, f"{text!r} is neither true nor false.", code="flag_invalid")
    return lower in _YES


def _method(text: str) -> CollectionMethod:
    try:
        return CollectionMethod(text) if text else CollectionMethod.SEND_INVOICE
    except ValueError:
        allowed = ", ".join(CollectionMethod)
        raise Invalid.field("/collection_method", f"{text!r} is not one of {allowed}.", code="choice_unknown") from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid.field("/start_date", f"{text!r} is not a date like 2026-01-31.", code="date_invalid") from None
