"""What a list can be sorted by, as its route says it and the API's description shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from scaicontrol_core.kernel.paging import Sorting

#: Where a list's route has its ``Sorting`` in its ``opt``.
SORTING = "sorting"


def describe_sorting(operation: dict[str, Any], handler: HTTPRouteHandler) -> None:
    """Write into an operation's parameter ``sort`` what it takes, and what it is without a wish."""
    sorting: Sorting | None = handler.opt.get(SORTING)
    if sorting is None:
        return
    for parameter in operation.get("parameters", []):
        if parameter.get("name") == "sort":
            parameter["schema"] = {"type": "string", "enum": list(sorting.choices), "default": sorting.default}
