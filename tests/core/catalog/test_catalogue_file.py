"""The catalogue as a file: read with every fault pointed at, imported again and again, written back."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.catalog.catalogue_diff import ChangeAction
from scaicontrol_core.catalog.catalogue_file import read_catalogue, write_catalogue
from scaicontrol_core.catalog.use_cases.export_catalogue import ExportCatalogue
from scaicontrol_core.catalog.use_cases.import_catalogue import ImportCatalogue
from scaicontrol_core.kernel.errors import Conflict, Forbidden, Invalid
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.testing import MemoryUnitOfWorkFactory


@pytest.fixture
def load(call: Any, people: Any) -> Any:
    """Import a plain value for the platform."""

    async def load(raw: object, **options: Any) -> Any:
        return await call(ImportCatalogue)(people.platform, raw, **options)

    return load


class TestImporting:
    """All of it or nothing, and a second time nothing."""

    async def test_everything_is_new_at_first(self, imported: Any, world: MemoryUnitOfWorkFactory) -> None:
        assert [(change.kind, change.key) for change in imported.changes] == [
            ("service", "notes"),
            ("plan", "notes.trial"),
            ("plan", "notes.pro"),
            ("service", "post"),
            ("plan", "post.basic"),
            ("plan", "post.yearly"),
            ("pack", "both"),
        ]
        assert {change.action for change in imported.changes} == {ChangeAction.CREATED}
        assert len(world.store.audit) == 7

    async def test_a_second_time_nothing_changes(
        self, imported: Any, load: Any, small: dict[str, Any], world: MemoryUnitOfWorkFactory
    ) -> None:
        again = await load(small)
        assert (again.changes, again.omitted) == ((), ())
        assert len(world.store.audit) == 7

    async def test_a_dry_run_tells_what_would_change_and_changes_nothing(
        self, imported: Any, load: Any, small: dict[str, Any], world: MemoryUnitOfWorkFactory
    ) -> None:
        small["services"][0]["plans"][1]["base_price_cents"] = 2499
        rehearsal = await load(small, dry_run=True)
        (change,) = rehearsal.changes
        assert (change.key, change.action) == ("notes.pro", ChangeAction.UPDATED)
        assert change.fields == {"base_price_cents": (1999, 2499)}
        assert rehearsal.dry_run
        assert len(world.store.audit) == 7
        assert (await load(small)).changes == rehearsal.changes
        assert world.store.audit[-1].action == "plan.updated"

    async def test_what_the_file_omits_stays(
        self, imported: Any, load: Any, small: dict[str, Any], world: MemoryUnitOfWorkFactory
    ) -> None:
        del small["services"][1]
        del small["packs"]
        result = await load(small)
        assert result.changes == ()
        assert result.omitted == ("pack:both", "post", "post.basic", "post.yearly")

    async def test_a_plan_is_withdrawn_by_saying_so(
        self, imported: Any, load: Any, small: dict[str, Any], people: Any, world: MemoryUnitOfWorkFactory
    ) -> None:
        small["services"][0]["plans"][1] |= {"is_active": False, "is_public": False}
        await load(small)
        async with world.begin(people.platform, read_only=True) as work:
            assert not (await work.plans.by_key("notes.pro")).is_active

    async def test_a_pack_may_name_plans_that_are_already_there(
        self, imported: Any, load: Any, small: dict[str, Any]
    ) -> None:
        more = {"packs": [deepcopy(small["packs"][0]) | {"slug": "again", "items": ["post.basic"]}]}
        assert [change.key for change in (await load(more)).changes] == ["again"]

    async def test_a_packs_items_are_replaced(self, imported: Any, load: Any, small: dict[str, Any]) -> None:
        small["packs"][0]["items"] = ["notes.pro"]
        (change,) = (await load(small)).changes
        assert set(change.fields) == {"items"}

    async def test_two_services_cannot_share_their_tokens(self, load: Any, small: dict[str, Any]) -> None:
        small["services"][1]["app_id"] = "notes"
        with pytest.raises(Conflict) as refusal:
            await load(small)
        assert refusal.value.code == "app_id_taken"

    async def test_only_the_platform_imports_and_exports(self, call: Any, people: Any, small: dict[str, Any]) -> None:
        for actor in (people.reseller(PartnerId("prt_r")), Actor.anonymous()):
            with pytest.raises(Forbidden):
                await call(ImportCatalogue)(actor, small)
            with pytest.raises(Forbidden):
                await call(ExportCatalogue)(actor)


class TestExporting:
    """What comes out goes in again without a change."""

    async def test_the_round_trip(
        self, imported: Any, load: Any, call: Any, people: Any, world: MemoryUnitOfWorkFactory
    ) -> None:
        exported = await call(ExportCatalogue)(people.platform)
        assert (await load(exported)).changes == ()
        elsewhere = MemoryUnitOfWorkFactory()
        fresh = ImportCatalogue(elsewhere, elsewhere.clock, elsewhere.ids)
        await fresh(people.platform, exported)
        assert await ExportCatalogue(elsewhere)(people.platform) == exported

    async def test_it_is_short(self, imported: Any, call: Any, people: Any) -> None:
        exported = await call(ExportCatalogue)(people.platform)
        assert exported["services"][1] == {
            "slug": "post",
            "app_id": "post",
            "name": "Post",
            "allows_multiple": True,
            "plans": [
                {
                    "slug": "basic",
                    "name": "Basic",
                    "tier": "starter",
                    "billing_period": "monthly",
                    "base_price_cents": 999,
                    "currency": "EUR",
                },
                {
                    "slug": "yearly",
                    "name": "Yearly",
                    "tier": "starter",
                    "billing_period": "yearly",
                    "base_price_cents": 9999,
                    "currency": "EUR",
                    "is_public": False,
                },
            ],
        }
        assert exported["packs"][0]["items"] == ["notes.pro", {"plan": "post.basic", "override_price_cents": 500}]

    async def test_an_empty_catalogue(self, call: Any, people: Any, load: Any) -> None:
        assert await call(ExportCatalogue)(people.platform) == {"services": [], "packs": []}
        assert (await load({})).changes == ()


class TestFaults:
    """Each is pointed at, all at once, and nothing is written."""

    @pytest.mark.parametrize(
        ("path", "value", "pointer"),
        [
            ("services/0/slug", "No Tes", "/services/0/slug"),
            ("services/0/slug", None, "/services/0/slug"),
            ("services/0/colour", "red", "/services/0/colour"),
            ("services/0/metrics/0/aggregation", "average", "/services/0/metrics/0/aggregation"),
            ("services/0/metrics/1/slug", "pages", "/services/0/metrics/1/slug"),
            ("services/0/plans/1/slug", "trial", "/services/0/plans/1/slug"),
            ("services/0/plans/1/name", None, "/services/0/plans/1/name"),
            ("services/0/plans/1/base_price_cents", "1999", "/services/0/plans/1/base_price_cents"),
            ("services/0/plans/1/quotas", {"pages": -1}, "/services/0/plans/1/quotas/pages"),
            ("services/0/plans/1/usage_pricing/1/tier_start", 999, "/services/0/plans/1/usage_pricing/1/tier_start"),
            ("services/0/plans/1/usage_pricing/0/tier_end", "x", "/services/0/plans/1/usage_pricing/0/tier_end"),
            ("services/0/plans/1/usage_pricing/2/metric", "stamps", "/services/0/plans/1/usage_pricing/2/metric"),
            ("services/0/plans/1/usage_pricing/2/price", 1, "/services/0/plans/1/usage_pricing/2/price"),
            ("services/1/slug", "notes", "/services/1/slug"),
            ("services/1", "post", "/services/1"),
            ("services/1/plans", {}, "/services/1/plans"),
            ("packs/0/discount_percentage", None, "/packs/0/discount_percentage"),
            ("packs/0/items", [], "/packs/0/items"),
            ("packs/0/items/0", "notes.nope", "/packs/0/items/0"),
            ("packs/0/items/0", 7, "/packs/0/items/0"),
            ("packs/0/items/1/override_price_cents", -5, "/packs/0/items/1/override_price_cents"),
            ("packs/0/items/1/plan", "notes.trial", "/packs/0/items/1"),
            ("packs/0/items/0", "post.yearly", "/packs/0/items/0"),
            ("packs/0/currency", "USD", "/packs/0/items/0"),
            ("discounts", [], "/discounts"),
        ],
    )
    async def test_one_fault(
        self, load: Any, small: dict[str, Any], world: MemoryUnitOfWorkFactory, path: str, value: Any, pointer: str
    ) -> None:
        *way, last = path.split("/")
        target: Any = small
        for step in way:
            target = target[int(step)] if isinstance(target, list) else target[step]
        target[int(last) if isinstance(target, list) else last] = value
        with pytest.raises(Invalid) as refusal:
            await load(small)
        assert pointer in {field.pointer for field in refusal.value.fields}
        assert world.store.audit == []

    async def test_one_wrong_bracket_is_one_fault(self, load: Any, small: dict[str, Any]) -> None:
        small["services"][0]["plans"][1]["usage_pricing"][0]["unit_divisor"] = 0
        with pytest.raises(Invalid) as refusal:
            await load(small)
        assert len(refusal.value.fields) == 1

    async def test_all_faults_at_once(self, load: Any, small: dict[str, Any]) -> None:
        del small["services"][0]["name"]
        small["services"][1]["plans"][0]["currency"] = "EURO"
        small["packs"][0]["discount_percentage"] = "200"
        with pytest.raises(Invalid) as refusal:
            await load(small)
        assert [field.pointer for field in refusal.value.fields] == [
            "/services/0/name",
            "/services/1/plans/0/currency",
            "/packs/0/discount_percentage",
        ]

    async def test_a_metric_cannot_go_while_a_plan_left_out_of_the_file_prices_it(
        self, imported: Any, load: Any, small: dict[str, Any]
    ) -> None:
        small["services"][0]["metrics"].pop(0)
        small["services"][0]["plans"].pop(1)
        with pytest.raises(Invalid) as refusal:
            await load(small)
        assert refusal.value.fields[0].pointer == "/services/0/metrics"

    @pytest.mark.parametrize("raw", [None, [], "services", 7])
    def test_what_is_no_catalogue_at_all(self, raw: object) -> None:
        with pytest.raises(Invalid) as refusal:
            read_catalogue(raw)
        assert refusal.value.fields[0].pointer == ""


def test_the_place_in_the_file_is_the_order_unless_it_says_otherwise(small: dict[str, Any]) -> None:
    catalogue = read_catalogue(small)
    assert [service.terms.sort_order for service in catalogue.services] == [0, 1]
    assert [plan.terms.sort_order for plan in catalogue.services[0].plans] == [0, 1]
    small["services"][0]["sort_order"] = 9
    assert read_catalogue(small).services[0].terms.sort_order == 9
    assert write_catalogue(read_catalogue(small))["services"][0]["sort_order"] == 9
