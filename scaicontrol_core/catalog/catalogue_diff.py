"""What importing a catalogue file would change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from attrs import Factory, frozen

from scaicontrol_core.kernel.events import changed

if TYPE_CHECKING:
    from scaicontrol_core.catalog.catalogue_file import Catalogue, PackEntry, PlanEntry


class ChangeAction(StrEnum):
    """What happens to an entry. Nothing is ever deleted by leaving it out of a file."""

    CREATED = "created"
    UPDATED = "updated"


@frozen(kw_only=True)
class CatalogueChange:
    """One entry that differs: ``kind`` service, plan or pack; ``key`` its slug or plan key.

    ``fields`` hold (before, after) as JSON; a new entry has none.
    """

    kind: str
    key: str
    action: ChangeAction
    fields: Mapping[str, tuple[Any, Any]] = Factory(dict)


def diff(current: Catalogue, wanted: Catalogue) -> tuple[CatalogueChange, ...]:
    """Return what differs in ``wanted``, in its order; what it omits stays as it is."""
    return tuple(_changes(current, wanted))


def omitted(current: Catalogue, wanted: Catalogue) -> tuple[str, ...]:
    """Return slugs and plan keys that exist and that the file doesn't mention, sorted."""
    return tuple(sorted(_keys(current) - _keys(wanted)))


def _changes(current: Catalogue, wanted: Catalogue) -> Iterator[CatalogueChange]:
    services = {entry.slug: entry for entry in current.services}
    plans = _plans(current)
    packs = {entry.slug: entry for entry in current.packs}
    for service in wanted.services:
        known = services.get(service.slug)
        yield from _change("service", service.slug, known and known.terms, service.terms)
        for entry in service.plans:
            key = f"{service.slug}.{entry.slug}"
            present = plans.get(key)
            yield from _change("plan", key, present and present.terms, entry.terms)
    for pack in wanted.packs:
        yield from _pack_change(packs.get(pack.slug), pack)


def _change(kind: str, key: str, before: object, after: object) -> Iterator[CatalogueChange]:
    if before is None:
        yield CatalogueChange(kind=kind, key=key, action=ChangeAction.CREATED)
    elif differing := changed(before, after):
        yield CatalogueChange(kind=kind, key=key, action=ChangeAction.UPDATED, fields=differing)


def _pack_change(before: PackEntry | None, after: PackEntry) -> Iterator[CatalogueChange]:
    if before is None:
        yield CatalogueChange(kind="pack", key=after.slug, action=ChangeAction.CREATED)
    elif differing := changed(before.terms, after.terms) | changed(before, after, "items"):
        yield CatalogueChange(kind="pack", key=after.slug, action=ChangeAction.UPDATED, fields=differing)


def _plans(catalogue: Catalogue) -> dict[str, PlanEntry]:
    return {f"{service.slug}.{plan.slug}": plan for service in catalogue.services for plan in service.plans}


def _keys(catalogue: Catalogue) -> set[str]:
    packs = {f"pack:{pack.slug}" for pack in catalogue.packs}
    return {service.slug for service in catalogue.services} | set(_plans(catalogue)) | packs
