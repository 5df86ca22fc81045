"""Any catalogue: what is written reads back the same, and importing it twice changes nothing."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scaicontrol_core.access import Actor
from scaicontrol_core.catalog import (
    Aggregation,
    DiscountType,
    Metric,
    PackTerms,
    PlanTerms,
    ServiceTerms,
    TierMode,
    UsageTier,
)
from scaicontrol_core.catalog.catalogue_diff import diff, omitted
from scaicontrol_core.catalog.catalogue_file import (
    Catalogue,
    ItemEntry,
    PackEntry,
    PlanEntry,
    ServiceEntry,
    read_catalogue,
    write_catalogue,
)
from scaicontrol_core.catalog.use_cases.export_catalogue import ExportCatalogue
from scaicontrol_core.catalog.use_cases.import_catalogue import ImportCatalogue
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.period import Cadence
from scaicontrol_core.testing import MemoryUnitOfWorkFactory

slugs = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4})?", fullmatch=True)
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs"]), min_size=1, max_size=20)
amounts = st.integers(0, 10**9)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
json_objects = st.dictionaries(st.text(max_size=8), json_values, max_size=3)


@st.composite
def brackets(draw: st.DrawFn, metric: str) -> list[UsageTier]:
    """Sound brackets of one metric."""
    ends = sorted(draw(st.sets(st.integers(1, 10**6), max_size=3)))
    mode = draw(st.sampled_from(TierMode))
    bounds: list[int | None] = [0, *ends, None]
    return [
        UsageTier(
            metric=metric,
            tier_start=start or 0,
            tier_end=end,
            unit_price_cents=draw(st.decimals(0, 1000, places=4)),
            unit_label=draw(st.none() | names),
            unit_divisor=draw(st.integers(1, 1000)),
            tier_mode=mode,
        )
        for start, end in pairwise(bounds)
    ]


@st.composite
def plans(draw: st.DrawFn, metrics: list[str]) -> PlanTerms:
    """A plan that prices some of the metrics."""
    priced = [metric for metric in metrics if draw(st.booleans())]
    return PlanTerms(
        name=draw(names),
        description=draw(st.just("") | names),
        tier=draw(slugs),
        billing_period=draw(st.sampled_from(Cadence)),
        base_price_cents=draw(amounts),
        currency="EUR",
        features=draw(json_objects),
        quotas=draw(st.dictionaries(slugs, amounts, max_size=3)),
        is_active=draw(st.booleans()),
        is_public=draw(st.booleans()),
        trial_days=draw(st.integers(0, 730)),
        cost_multiplier=draw(st.decimals("0.001", 10, places=3)),
        sort_order=draw(st.integers(0, 5)),
        metadata=draw(json_objects),
        usage_pricing=tuple(tier for metric in priced for tier in draw(brackets(metric))),
    )


@st.composite
def services(draw: st.DrawFn, slug: str) -> ServiceEntry:
    """A service with some metrics and plans."""
    metrics = draw(st.lists(slugs, unique=True, max_size=2))
    return ServiceEntry(
        slug=slug,
        terms=ServiceTerms(
            app_id=slug,
            name=draw(names),
            metrics=tuple(
                Metric(slug=metric, aggregation=draw(st.sampled_from(Aggregation)), unit=draw(st.none() | names))
                for metric in metrics
            ),
            allows_multiple=draw(st.booleans()),
            sort_order=draw(st.integers(0, 5)),
            metadata=draw(json_objects),
        ),
        plans=tuple(
            PlanEntry(slug=each, terms=draw(plans(metrics))) for each in draw(st.lists(slugs, unique=True, max_size=3))
        ),
    )


@st.composite
def packs(draw: st.DrawFn, slug: str, keys: list[str]) -> PackEntry:
    """A pack with at most one plan of each service, every price its own."""
    discount = draw(st.none() | st.decimals(0, 100, places=3))
    by_service = {key.partition(".")[0]: key for key in draw(st.permutations(keys))}
    return PackEntry(
        slug=slug,
        terms=PackTerms(
            name=draw(names),
            billing_period=draw(st.sampled_from(Cadence)),
            base_price_cents=draw(amounts),
            currency="EUR",
            discount_type=DiscountType.FIXED_PRICE if discount is None else DiscountType.PERCENTAGE,
            discount_percentage=discount,
            sort_order=draw(st.integers(0, 5)),
        ),
        items=tuple(ItemEntry(plan=key, override_price_cents=draw(amounts)) for key in by_service.values()),
    )


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    """A whole catalogue that obeys every rule."""
    entries = tuple(draw(services(slug)) for slug in draw(st.lists(slugs, unique=True, max_size=3)))
    keys = [f"{service.slug}.{plan.slug}" for service in entries for plan in service.plans]
    pack_slugs = draw(st.lists(slugs, unique=True, max_size=2)) if keys else []
    return Catalogue(services=entries, packs=tuple(draw(packs(slug, keys)) for slug in pack_slugs))


@given(catalogues())
def test_what_is_written_reads_back_the_same(catalogue: Catalogue) -> None:
    assert read_catalogue(write_catalogue(catalogue)) == catalogue


@given(catalogues(), catalogues())
def test_a_difference_is_what_differs(current: Catalogue, wanted: Catalogue) -> None:
    assert diff(wanted, wanted) == ()
    assert omitted(wanted, wanted) == ()
    changes = diff(current, wanted)
    assert len({(change.kind, change.key) for change in changes}) == len(changes)
    assert all(before != after for change in changes for before, after in change.fields.values())


@given(catalogues(), catalogues())
@settings(max_examples=40)
async def test_importing_twice_changes_nothing_and_the_export_is_the_catalogue(
    first: Catalogue, second: Catalogue
) -> None:
    world, actor = MemoryUnitOfWorkFactory(), Actor.system("property")
    load = ImportCatalogue(world, world.clock, world.ids)
    file: dict[str, Any] = write_catalogue(first)
    assert (await load(actor, file)).changes == diff(Catalogue(), first)
    assert (await load(actor, file)).changes == ()
    exported = await ExportCatalogue(world)(actor)
    assert (await load(actor, exported)).changes == ()
    assert {service.slug for service in read_catalogue(exported).services} == {
        service.slug for service in first.services
    }


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(Decimal("0.5")),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["services", "packs", "slug", "plans", "items", "usage_pricing", "metrics"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_value_is_a_catalogue_or_is_refused_with_a_pointer(raw: Any) -> None:
    try:
        read_catalogue(raw)
    except Invalid as refusal:
        pointers = [field.pointer for field in refusal.fields]
    else:
        pointers = [""]
    assert pointers
    assert all(pointer == "" or pointer.startswith("/") for pointer in pointers)
