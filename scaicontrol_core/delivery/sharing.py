"""Sharing: how many deliveries each subscription may begin, when there is not room for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from scaicontrol_core.delivery.ids import WebhookSubscriptionId

if TYPE_CHECKING:
    from collections.abc import Mapping

K = TypeVar("K")


@frozen(kw_only=True)
class Share:
    """How many deliveries a subscription may begin now, and whether each aggregate's keep their order."""

    subscription_id: WebhookSubscriptionId
    count: int
    ordered: bool


def shares(free: Mapping[K, int], capacity: int, first: int) -> dict[K, int]:
    """Divide ``capacity`` evenly, none getting more than it has ``free``; what one can't use goes to the others.

    ``first`` says with whom to begin where there is less than one for each, so that nobody is always last.
    """
    keys = [key for key, count in free.items() if count > 0]
    keys = [*keys[first:], *keys[:first]]
    given = dict.fromkeys(keys, 0)
    left = capacity
    while left > 0 and keys:
        each = max(1, left // len(keys))
        for key in keys:
            more = min(each, free[key] - given[key], left)
            given[key] += more
            left -= more
        keys = [key for key in keys if given[key] < free[key]]
    return {key: count for key, count in given.items() if count}
