"""Rules that tie a plan to its service, and a pack to its plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from scaicontrol_core.catalog.pack import DiscountType
from scaicontrol_core.catalog.service import Aggregation

if TYPE_CHECKING:
    from scaicontrol_core.catalog.pack import PackTerms
    from scaicontrol_core.catalog.plan import PlanTerms
    from scaicontrol_core.catalog.service import ServiceTerms
    from scaicontrol_core.kernel.checks import Findings


def check_metrics(plan: PlanTerms, service: ServiceTerms, findings: Findings, at: str = "") -> None:
    """Note every usage price of a metric that the service does not report: it would never be charged.

    Also every margin of a metric that can't be told apart by rate: only sums and counts can be
    billed at one rate for a part of a period and at another for the rest.
    """
    known = {metric.slug: metric for metric in service.metrics}
    for index, tier in enumerate(plan.usage_pricing):
        if tier.metric not in known:
            findings.note(
                f"{at}/usage_pricing/{index}/metric", f"The service has no metric {tier.metric!r}.", "metric_unknown"
            )
    for metric in plan.cost_margins:
        if metric not in known:
            findings.note(f"{at}/cost_margins/{metric}", f"The service has no metric {metric!r}.", "metric_unknown")
        elif known[metric].aggregation not in (Aggregation.SUM, Aggregation.COUNT):
            text = f"{metric} is not summed up or counted: it can't be charged by its cost."
            findings.note(f"{at}/cost_margins/{metric}", text, "metric_not_additive")


def check_pack_plans(
    pack: PackTerms, plans: Sequence[tuple[PlanTerms, bool]], findings: Findings, at: str = ""
) -> None:
    """Note every item whose price can't be added up in the pack's own terms.

    ``plans`` gives each item's plan and whether the item overrides its price. Only a percentage
    pack adds up: then currencies must agree, and periods too where no price overrides.
    """
    if pack.discount_type is not DiscountType.PERCENTAGE:
        return
    for index, (plan, overridden) in enumerate(plans):
        fault = None
        if plan.currency != pack.currency:
            fault = f"The plan is priced in {plan.currency}, the pack in {pack.currency}."
        elif plan.billing_period is not pack.billing_period and not overridden:
            fault = (
                f"The plan is billed {plan.billing_period.value}, the pack {pack.billing_period.value}: "
                "give the item a price of its own."
            )
        if fault:
            findings.note(f"{at}/items/{index}", fault, "pack_items_invalid")
