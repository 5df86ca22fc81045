"""From what a file says of a pack's items to the items: plans looked up, prices that can be added up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaicontrol_core.catalog.pack_offer import PackItem
from scaicontrol_core.catalog.pricing_rules import check_pack_plans

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaicontrol_core.catalog.catalogue_file import PackEntry
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.kernel.checks import Findings


def items_of(
    entry: PackEntry, plans: Mapping[str, Plan], findings: Findings, at: str = ""
) -> tuple[PackItem, ...] | None:
    """Return the items of a pack, ``plans`` being all by key; None, and the faults noted, if one is unknown."""
    found = [plans.get(item.plan) for item in entry.items]
    for place, plan in enumerate(found):
        if plan is None:
            findings.note(f"{at}/items/{place}", f"There is no plan {entry.items[place].plan!r}.", "plan_unknown")
    known = [plan for plan in found if plan is not None]
    if len(known) < len(found):
        return None
    priced = [
        (plan.terms, item.override_price_cents is not None) for plan, item in zip(known, entry.items, strict=True)
    ]
    check_pack_plans(entry.terms, priced, findings, at)
    return tuple(
        PackItem(
            service_id=plan.service_id,
            plan_id=plan.id,
            plan_key=plan.plan_key,
            override_price_cents=item.override_price_cents,
        )
        for plan, item in zip(known, entry.items, strict=True)
    )
