"""Policy of plan changes: a plan may say which changes away from it wait for the end of the period.

It stands in the metadata of the plan that is left, so that it is part of the catalogue file:
``change_policy: {downgrade: period_end, starter: now}``. A plan's slug goes before ``downgrade``,
which means any plan of a lower MRR.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from scaicontrol_core.subscriptions.changing import Effective

if TYPE_CHECKING:
    from scaicontrol_core.catalog.plan import Plan

_KEY, _DOWNGRADE = "change_policy", "downgrade"


def when_effective(current: Plan, wanted: Plan, asked: Effective) -> Effective:
    """Return when a change takes effect: as asked, unless the policy makes it wait."""
    policy = current.terms.metadata.get(_KEY)
    if not isinstance(policy, Mapping) or current.id == wanted.id:
        return asked
    word = policy.get(wanted.slug)
    if word is None and wanted.mrr_cents < current.mrr_cents:
        word = policy.get(_DOWNGRADE)
    return Effective.PERIOD_END if word == Effective.PERIOD_END.value else asked
