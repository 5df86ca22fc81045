"""The catalogue's way back into a file: short, for what equals its default is left out."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from attrs import NOTHING, Factory, fields

from scaicontrol_core.kernel.events import to_json

if TYPE_CHECKING:
    from attrs import AttrsInstance

    from scaicontrol_core.catalog.catalogue_file import Catalogue, ItemEntry, PackEntry, PlanEntry, ServiceEntry

_PLACE = "sort_order"


def written_catalogue(catalogue: Catalogue) -> dict[str, Any]:
    """Return the plain value of the whole file."""
    return {
        "services": [_service(service, place) for place, service in enumerate(catalogue.services)],
        "packs": [_pack(pack, place) for place, pack in enumerate(catalogue.packs)],
    }


def _service(entry: ServiceEntry, place: int) -> dict[str, Any]:
    plain = {"slug": entry.slug} | _short(entry.terms, place)
    return plain | {"plans": [_plan(plan, at) for at, plan in enumerate(entry.plans)]}


def _plan(entry: PlanEntry, place: int) -> dict[str, Any]:
    return {"slug": entry.slug} | _short(entry.terms, place)


def _pack(entry: PackEntry, place: int) -> dict[str, Any]:
    return {"slug": entry.slug} | _short(entry.terms, place) | {"items": [_item(item) for item in entry.items]}


def _item(entry: ItemEntry) -> str | dict[str, Any]:
    if entry.override_price_cents is None:
        return entry.plan
    return {"plan": entry.plan, "override_price_cents": entry.override_price_cents}


def _short(value: object, place: int | None = None) -> dict[str, Any]:
    """Return the fields that differ from their defaults; a ``sort_order`` defaults to the entry's place."""
    plain: dict[str, Any] = {}
    for attribute in fields(cast("type[AttrsInstance]", type(value))):
        held = getattr(value, attribute.name)
        default = place if attribute.name == _PLACE else _default(attribute.default)
        if held != default:
            plain[attribute.name] = _plain(held)
    return plain


def _plain(value: object) -> Any:  # JSON has no narrower type
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else to_json(value)
    if isinstance(value, tuple):
        return [_short(item) for item in value]
    return to_json(value)


def _default(default: Any) -> object:  # attrs has no public type for it
    if isinstance(default, Factory):  # type: ignore[arg-type]  # typed as a function, is a class
        return default.factory()
    return default if default is not NOTHING else NOTHING
