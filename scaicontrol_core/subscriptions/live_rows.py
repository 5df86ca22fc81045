"""A subscription that lives in another system, as a row of a file says it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from attrs import frozen

from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.period import Period
from scaicontrol_core.subscriptions.legs import on_anchor
from scaicontrol_core.subscriptions.schedule import BillingSchedule
from scaicontrol_core.subscriptions.state import check_quantity

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan

#: The columns of the file; only the first two must be there.
COLUMNS = (
    "tenant",
    "plan",
    "quantity",
    "started_on",
    "billed_until",
    "anchor",
    "trial_ends_on",
    "term_ends_on",
    "reference",
)
_REFERENCE = 100


@frozen(kw_only=True)
class LiveRow:
    """What one row says. Days are local to the seller.

    ``billed_until`` is the first day that is not billed yet; ``anchor`` the day its periods are
    counted from, if that is another one. ``reference`` is its name in the other system.
    """

    tenant: str
    plan_key: str
    quantity: int = 1
    started_on: date | None = None
    billed_until: date | None = None
    anchor: date | None = None
    trial_ends_on: date | None = None
    term_ends_on: date | None = None
    reference: str | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse a trial that was billed, and one that is neither."""
        if self.trial_ends_on is not None and self.billed_until is not None:
            raise Invalid.field("/billed_until", "A trial has nothing billed.", code="row_invalid")
        if self.trial_ends_on is None and self.billed_until is None:
            text = "Name the first day that is not billed yet, or the day its trial ends."
            raise Invalid.field("/billed_until", text, code="row_invalid")


def read_live_row(cells: Mapping[str | None, Any]) -> LiveRow:
    """Read a row by its column names; ``Invalid`` names every wrong cell."""
    findings = checks.Findings()
    unknown = sorted(str(name) for name in cells if name not in COLUMNS and cells[name])
    for name in unknown:
        findings.note(f"/{name}", f"There is no column {name}.", "column_unknown")

    def text(name: str, *, needed: bool = False, longest: int = 121) -> str | None:
        check = checks.required(longest) if needed else checks.maybe_text(longest)
        return findings.attempt(lambda: check(cells.get(name) or "", f"/{name}"))

    def day(name: str) -> date | None:
        return findings.attempt(lambda: _day(cells.get(name), f"/{name}"))

    tenant, plan = text("tenant", needed=True), text("plan", needed=True)
    quantity = findings.attempt(lambda: _quantity(cells.get("quantity")))
    days = {name: day(name) for name in COLUMNS[3:8]}
    reference = text("reference", longest=_REFERENCE)
    findings.raise_if_any()
    assert tenant is not None  # noqa: S101  # required, and nothing was found wrong
    assert plan is not None  # noqa: S101
    return LiveRow(tenant=tenant, plan_key=plan, quantity=quantity or 1, reference=reference, **days)


def _quantity(value: object) -> int:
    written = str(value or "").strip() or "1"
    number = int(written) if written.isascii() and written.isdecimal() else written
    return int(check_quantity(number, "/quantity"))


def _day(value: object, pointer: str) -> date | None:
    written = str(value or "").strip()
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Invalid.field(pointer, f"{written!r} is no day like 2026-01-31.", code="date_invalid") from None


def require_plausible(row: LiveRow, plan: Plan, today: date) -> None:
    """Raise ``Invalid`` (``row_invalid``) for what can't be a live subscription of the plan today."""
    findings = checks.Findings()
    if row.started_on is not None and row.started_on > today:
        findings.note("/started_on", "It did not start yet.", "row_invalid")
    if row.trial_ends_on is not None and row.trial_ends_on <= today:
        findings.note("/trial_ends_on", "This trial is over.", "row_invalid")
    if row.billed_until is not None and row.started_on is not None and row.billed_until < row.started_on:
        findings.note("/billed_until", "It was billed before it started.", "row_invalid")
    if not plan.billing_period.recurs:
        findings.note("/plan", "A one-time charge does not live on.", "row_invalid")
    findings.raise_if_any()


def continued_schedule(row: LiveRow, plan: Plan, today: date) -> tuple[BillingSchedule, Period | None]:
    """Return the calendar from the first day that is not billed on, and the period that runs today.

    Where that day is none of the anchor's, the days to the next one are a period of their own.
    """
    begins = row.billed_until or today
    cadence = plan.billing_period
    legs = on_anchor(row.anchor or begins, cadence, 0, begins)
    schedule = BillingSchedule(anchor=begins, cadence=cadence).laid(legs)
    running = schedule.period_on(today)
    if running is None:  # billed ahead: the period that runs is the other system's last one
        running = Period(min(legs[-1].start(legs[-1].first - len(legs)), today), begins)
    return schedule, running
