"""What a customer or a price list lives through is announced by the use cases that do it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from attrs import evolve

from scaicontrol_core.access import Actor
from scaicontrol_core.catalog.events import PlanDeleted, PlanUpdated, ServiceUpdated
from scaicontrol_core.delivery.topics import PUBLIC_TOPICS
from scaicontrol_core.delivery.use_cases.list_topics import ListTopics
from scaicontrol_core.kernel.errors import Forbidden
from scaicontrol_core.kernel.events import Event, Recorder
from scaicontrol_core.testing.builders import new_plan, new_service

NOON = datetime(2026, 5, 18, 9, 30, tzinfo=UTC)
#: What a competitor would like to know.
CONFIDENTIAL = ("multiplier", "margin", "metadata", "billable")


def told(thing: Recorder) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Yield topic and payload of what a thing has recorded."""
    for event in thing.collect_events():
        assert isinstance(event, Event)
        yield event.topic, event.told()


def test_a_plan_tells_what_it_is_now_and_what_changed() -> None:
    plan = new_plan()
    ((topic, first),) = told(plan)
    assert (topic, first["change_kind"], first["changed_fields"]) == ("catalog.plan_changed.v1", "created", [])
    plan.revise(evolve(plan.terms, base_price_cents=9900, metadata={"secret": "note"}), NOON)
    (event,) = plan.uncollected
    assert isinstance(event, PlanUpdated)
    assert "offered" not in event.payload()
    ((_, changed),) = told(plan)
    assert (changed["base_price_cents"], changed["changed_fields"]) == (9900, ["base_price_cents"])
    plan.deactivate()
    ((_, gone),) = told(plan)
    assert (gone["change_kind"], gone["is_active"], gone["is_public"]) == ("deactivated", False, False)
    plan.delete()
    (event,) = plan.uncollected
    assert isinstance(event, PlanDeleted)
    for payload in (first, changed, gone):
        assert not [name for name in payload if any(word in name for word in CONFIDENTIAL)]


def test_a_service_tells_what_it_is_now() -> None:
    service = new_service()
    ((topic, first),) = told(service)
    assert (topic, first["change_kind"]) == ("catalog.service_changed.v1", "created")
    service.revise(evolve(service.terms, name="Other"))
    (event,) = service.uncollected
    assert isinstance(event, ServiceUpdated)
    ((_, changed),) = told(service)
    assert (changed["name"], changed["changed_fields"]) == ("Other", ["name"])


async def test_the_catalogue_of_topics_is_for_who_may_hear_of_them() -> None:
    found = await ListTopics()(Actor.operator("tests"))
    assert [each.name for each in found] == list(PUBLIC_TOPICS)
    for each in found:
        jsonschema.Draft202012Validator(dict(each.schema)).validate(dict(each.example))
    with pytest.raises(Forbidden):
        await ListTopics()(Actor.anonymous())
