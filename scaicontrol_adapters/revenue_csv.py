"""Recurring revenue as rows of CSV: each month, then its plans and its countries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.kernel.money import format_minor, minor_unit_exponent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scaicontrol_core.billing.revenue import RevenueReport

_MOVEMENTS = ("start", "new", "expansion", "contraction", "churned", "reactivated", "end")
_COUNTS = ("at_start", "new", "reactivated", "churned", "at_end", "lost")
_SHARES = ("logo_churn_bp", "revenue_churn_bp", "net_retention_bp")
REVENUE = (
    "row",
    "month",
    "name",
    "currency",
    *_MOVEMENTS,
    *(f"customers_{name}" for name in _COUNTS),
    *_SHARES,
    "arpa",
)


def revenue_rows(report: RevenueReport) -> Iterable[Sequence[object]]:
    """Yield a row a month, a plan and a country; what a part has no figure for stays empty."""
    for month in report.months:
        exponent = minor_unit_exponent(month.currency)
        yield (
            "month",
            month.month,
            None,
            month.currency,
            *(format_minor(getattr(month, f"{name}_cents"), exponent) for name in _MOVEMENTS),
            *(getattr(month, f"customers_{name}") for name in _COUNTS),
            *(getattr(month, name) for name in _SHARES),
            None if month.arpa_cents is None else format_minor(month.arpa_cents, exponent),
        )
        for kind, parts in (("plan", month.by_plan), ("country", month.by_country)):
            for part in parts:
                sums = (format_minor(getattr(part, f"{name}_cents"), exponent) for name in _MOVEMENTS)
                counts = (part.customers_at_end if name == "at_end" else None for name in _COUNTS)
                yield kind, month.month, part.name, month.currency, *sums, *counts, *(None for _ in _SHARES), None
