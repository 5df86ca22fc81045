"""The catalogue as a file: services with their plans, and packs, as plain objects and lists.

Whoever reads the file's syntax (YAML, JSON) hands the plain value to ``read_catalogue``, which
names every fault by a JSON pointer into it. A field that is left out takes its default, and a
``sort_order`` left out is the entry's place in the file. ``write_catalogue`` is the inverse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import NOTHING, Factory, fields, frozen

from scaicontrol_core.catalog.catalogue_writing import written_catalogue
from scaicontrol_core.catalog.pack import PackTerms
from scaicontrol_core.catalog.plan import PlanTerms
from scaicontrol_core.catalog.pricing_rules import check_metrics
from scaicontrol_core.catalog.service import Metric, ServiceTerms
from scaicontrol_core.catalog.usage_pricing import UsageTier
from scaicontrol_core.kernel.checks import MAX_MINOR_UNITS, Findings, maybe, required, slug, whole

if TYPE_CHECKING:
    from attrs import AttrsInstance

    from scaicontrol_core.catalog.pack import ServicePack
    from scaicontrol_core.catalog.plan import Plan
    from scaicontrol_core.catalog.service import Service

T = TypeVar("T")
MAX_ENTRIES = 2000


@frozen(kw_only=True)
class PlanEntry:
    """A plan in the file."""

    slug: str
    terms: PlanTerms


@frozen(kw_only=True)
class ServiceEntry:
    """A service in the file, with its plans in order."""

    slug: str
    terms: ServiceTerms
    plans: tuple[PlanEntry, ...] = ()


@frozen(kw_only=True)
class ItemEntry:
    """A plan in a pack, by its key; written as the key alone where no price overrides the plan's."""

    plan: str
    override_price_cents: int | None = None


@frozen(kw_only=True)
class PackEntry:
    """A pack in the file, with its items in order."""

    slug: str
    terms: PackTerms
    items: tuple[ItemEntry, ...]


@frozen(kw_only=True)
class Catalogue:
    """All that a file says, or all that is for sale."""

    services: tuple[ServiceEntry, ...] = ()
    packs: tuple[PackEntry, ...] = ()


def catalogue_of(services: Sequence[Service], plans: Sequence[Plan], packs: Sequence[ServicePack]) -> Catalogue:
    """Return what is stored as a file would say it, each list in the order given."""
    return Catalogue(
        services=tuple(
            ServiceEntry(
                slug=service.slug,
                terms=service.terms,
                plans=tuple(
                    PlanEntry(slug=plan.slug, terms=plan.terms) for plan in plans if plan.service_id == service.id
                ),
            )
            for service in services
        ),
        packs=tuple(
            PackEntry(
                slug=pack.slug,
                terms=pack.terms,
                items=tuple(
                    ItemEntry(plan=item.plan_key, override_price_cents=item.override_price_cents) for item in pack.items
                ),
            )
            for pack in packs
        ),
    )


def write_catalogue(catalogue: Catalogue) -> dict[str, Any]:
    """Return the plain value of a file that reads back as the same catalogue; defaults are left out."""
    return written_catalogue(catalogue)


def read_catalogue(raw: object) -> Catalogue:
    """Read the plain value of a file; raises one ``Invalid`` that points at every fault."""
    findings = Findings()
    top = _object(raw, "", findings, {"services", "packs"})
    services = _entries(top, "services", "", findings, _service)
    packs = _entries(top, "packs", "", findings, _pack)
    findings.raise_if_any()
    return Catalogue(services=tuple(services), packs=tuple(packs))


def read_pack(raw: object) -> PackEntry:
    """Read the plain value of one pack; raises one ``Invalid`` that points at every fault."""
    findings = Findings()
    entry = _pack(raw, "", 0, findings)
    findings.raise_if_any()
    assert entry is not None  # noqa: S101  # what could not be read was noted
    return entry


# -- entries -----------------------------------------------------------------------------------


def _service(raw: object, at: str, place: int, findings: Findings) -> ServiceEntry | None:
    given = _object(raw, at, findings, {"slug", "plans"} | _names(ServiceTerms))
    metrics = _entries(given, "metrics", at, findings, _metric)
    terms = _terms(ServiceTerms, given, at, place, findings, metrics=tuple(metrics))
    name = findings.attempt(lambda: slug(given.get("slug"), f"{at}/slug"))
    plans = _entries(given, "plans", at, findings, _plan)
    if terms is None or name is None:
        return None
    for index, plan in enumerate(plans):
        check_metrics(plan.terms, terms, findings, f"{at}/plans/{index}")
    return ServiceEntry(slug=name, terms=terms, plans=tuple(plans))


def _plan(raw: object, at: str, place: int, findings: Findings) -> PlanEntry | None:
    given = _object(raw, at, findings, {"slug"} | _names(PlanTerms))
    tiers = _entries(given, "usage_pricing", at, findings, _tier)
    whole_list = len(tiers) == len(_list(given.get("usage_pricing")))
    # With a bracket missing the rest would seem to leave a gap: one fault must not look like two.
    terms = _terms(PlanTerms, given, at, place, findings, usage_pricing=tuple(tiers) if whole_list else ())
    name = findings.attempt(lambda: slug(given.get("slug"), f"{at}/slug"))
    return PlanEntry(slug=name, terms=terms) if terms is not None and name is not None else None


def _pack(raw: object, at: str, place: int, findings: Findings) -> PackEntry | None:
    given = _object(raw, at, findings, {"slug", "items"} | _names(PackTerms))
    items = _entries(given, "items", at, findings, _item)
    terms = _terms(PackTerms, given, at, place, findings)
    name = findings.attempt(lambda: slug(given.get("slug"), f"{at}/slug"))
    if not _list(given.get("items")):
        findings.note(f"{at}/items", "A pack has at least one item.", "pack_items_invalid")
    return PackEntry(slug=name, terms=terms, items=tuple(items)) if terms is not None and name is not None else None


def _item(raw: object, at: str, place: int, findings: Findings) -> ItemEntry | None:
    del place
    given = {"plan": raw} if isinstance(raw, str) else _object(raw, at, findings, {"plan", "override_price_cents"})
    plan = findings.attempt(lambda: required(121)(given.get("plan"), f"{at}/plan"))
    price = maybe(whole(0, MAX_MINOR_UNITS))
    override = findings.attempt(lambda: price(given.get("override_price_cents"), f"{at}/override_price_cents"))
    return None if plan is None else ItemEntry(plan=plan, override_price_cents=override)


def _metric(raw: object, at: str, place: int, findings: Findings) -> Metric | None:
    del place
    return _built(Metric, _object(raw, at, findings, _names(Metric)), at, findings)


def _tier(raw: object, at: str, place: int, findings: Findings) -> UsageTier | None:
    del place
    return _built(UsageTier, _object(raw, at, findings, _names(UsageTier)), at, findings)


# -- the grammar ---------------------------------------------------------------------------------


def _terms(
    kind: type[T], given: Mapping[str, Any], at: str, place: int, findings: Findings, **nested: object
) -> T | None:
    own = {name: value for name, value in given.items() if name in _names(kind)}
    return _built(kind, {"sort_order": place} | own | nested, at, findings)


def _built(kind: type[T], given: Mapping[str, Any], at: str, findings: Findings) -> T | None:
    missing = [name for name in _mandatory(kind) if given.get(name) is None]
    for name in missing:
        findings.note(f"{at}/{name}", "This is missing.", "required")
    known = {name: value for name, value in given.items() if name in _names(kind)}
    return None if missing else findings.attempt(lambda: kind(**known), at)


def _entries(
    given: Mapping[str, Any],
    name: str,
    at: str,
    findings: Findings,
    read: Callable[[object, str, int, Findings], T | None],
) -> list[T]:
    """Read the list under a name, entry by entry, and note slugs that stand there twice."""
    raw = given.get(name)
    if raw is not None and not isinstance(raw, list | tuple):
        findings.note(f"{at}/{name}", "This must be a list.", "list_invalid")
    listed = _list(raw)
    if len(listed) > MAX_ENTRIES:
        findings.note(f"{at}/{name}", f"At most {MAX_ENTRIES} entries.", "list_invalid")
        return []
    seen: set[str] = set()
    entries: list[T] = []
    for place, each in enumerate(listed):
        entry = read(each, f"{at}/{name}/{place}", place, findings)
        if entry is None:
            continue
        key = getattr(entry, "slug", None)
        if key is not None and key in seen:
            findings.note(f"{at}/{name}/{place}/slug", f"{key!r} stands here twice.", "slug_repeated")
        seen.add(key or "")
        entries.append(entry)
    return entries


def _object(raw: object, at: str, findings: Findings, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        findings.note(at, "This must be an object.", "object_invalid")
        return {}
    for name in raw:
        if name not in known:
            findings.note(f"{at}/{name}", f"There is no field {name!r} here.", "field_unknown")
    return raw


def _list(raw: object) -> list[object] | tuple[object, ...]:
    return raw if isinstance(raw, list | tuple) else ()


def _names(kind: type[Any]) -> set[str]:
    return {attribute.name for attribute in fields(cast("type[AttrsInstance]", kind))}


def _mandatory(kind: type[Any]) -> list[str]:
    return [
        attribute.name
        for attribute in fields(cast("type[AttrsInstance]", kind))
        if attribute.default is NOTHING and not isinstance(attribute.default, Factory)  # type: ignore[arg-type]
    ]
