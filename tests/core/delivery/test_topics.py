"""Every announced event has its topic, and tells all that its topic promises."""

from __future__ import annotations

import importlib
import pkgutil
import types
import typing
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import attrs
import jsonschema
import pytest

import scaicontrol_core
from scaicontrol_core.catalog.plan_terms import PlanTerms
from scaicontrol_core.catalog.service import ServiceTerms
from scaicontrol_core.delivery.topic import Topic
from scaicontrol_core.delivery.topic_patterns import covers, topics_of
from scaicontrol_core.delivery.topics import PRIVATE_TOPICS, PUBLIC_TOPICS, TOPICS
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.events import Event
from scaicontrol_core.tenancy.billing_profile import BillingDetails
from scaicontrol_core.testing.builders import billing_details, plan_terms, seller_configuration, service_terms

FIRST = frozenset(
    """tenant.billing_linked.v1 tenant.billing_updated.v1 partner.billing_linked.v1 partner.billing_updated.v1
    subscription.activated.v1 subscription.changed.v1 subscription.cancelled.v1 subscription.suspended.v1
    subscription.resumed.v1 subscription.trial_ending.v1 subscription.payment_failed.v1
    pack_subscription.activated.v1 pack_subscription.changed.v1 pack_subscription.cancelled.v1""".split()
)


def announced() -> list[type[Event]]:
    """Return every event class with a topic, wherever it stands in the core."""
    for module in pkgutil.walk_packages(scaicontrol_core.__path__, "scaicontrol_core."):
        importlib.import_module(module.name)

    def below(kind: type[Event]) -> Iterator[type[Event]]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    # attrs makes a class anew for its slots; the one it replaced is nobody's any more.
    kinds = {f"{each.__module__}.{each.__qualname__}": each for each in below(Event)}
    return sorted((each for each in kinds.values() if each.topic and each.action), key=lambda each: each.topic or "")


EVENTS = announced()
NAMES = {name: value for each in EVENTS for name, value in vars(importlib.import_module(each.__module__)).items()}


def test_the_first_fourteen_are_there_and_every_event_has_its_topic() -> None:
    assert set(PUBLIC_TOPICS) >= FIRST
    assert {each.topic for each in EVENTS} == set(TOPICS)
    for event in EVENTS:
        assert TOPICS[event.topic or ""].aggregate == event.resource_type, event


def sample(kind: Any) -> Any:
    """Return some value of a type."""
    kind = getattr(kind, "__supertype__", kind)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return sample(arguments[0])
    if origin is tuple or origin is list:
        return origin([sample(arguments[0])])
    if origin is not None and issubclass(origin, Mapping):
        return {"status": "active" if arguments[1] in (Any, object) else sample(arguments[1])}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    plain = {str: "text", int: 7, bool: True, Decimal: Decimal("1.5"), date: date(2026, 1, 2)}
    if kind in plain:
        return plain[kind]
    if kind is datetime:
        return datetime.fromisoformat("2026-01-02T03:04:05+00:00")
    if kind.__name__ == "BillingDetails":
        return billing_details()
    hints = typing.get_type_hints(kind, localns=NAMES)
    return kind(**{each.name: sample(hints[each.name]) for each in attrs.fields(kind)})


def told_by(event: type[Event]) -> dict[str, Any]:
    """Return the payload of some event of a class."""
    hints = typing.get_type_hints(
        event, localns={"BillingDetails": BillingDetails, "PlanTerms": PlanTerms, "ServiceTerms": ServiceTerms, **NAMES}
    )
    values = {
        each.name: sample(hints[each.name]) for each in attrs.fields(event) if each.name not in {"changes", "terms"}
    }
    if "seller" in values:
        values["seller"] = seller_configuration().seller_fields()
    if "terms" in hints:
        values["terms"] = plan_terms() if hints["terms"] is PlanTerms else service_terms()
    return event(**values).told()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.topic)
def test_an_event_tells_exactly_what_its_topic_promises(event: type[Event]) -> None:
    topic = TOPICS[event.topic or ""]
    payload = told_by(event)
    jsonschema.Draft202012Validator(topic.json_schema()).validate(payload)
    assert set(payload) == {each.name for each in attrs.fields(topic.payload)}


@pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.name)
def test_a_topics_example_fits_its_schema(topic: Topic) -> None:
    schema = topic.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(topic.example_payload())
    assert topic.version == 1
    assert topic.description.endswith((".", "days."))


def test_changes_tell_what_was_before_and_packs_what_they_include() -> None:
    for name, topic in TOPICS.items():
        fields = set(topic.json_schema()["required"])
        if name in ("subscription.changed.v1", "pack_subscription.changed.v1"):
            assert fields >= {"change_kind", "previous", "changed_fields"}
        if name.startswith("pack_subscription."):
            assert "pack_includes" in fields
        if name.startswith("subscription."):
            assert fields >= {"mrr_amount_cents", "currency", "plan_key", "status"}


def test_patterns_stand_for_topics_and_unknown_ones_for_none() -> None:
    assert topics_of([]) == ()
    assert set(topics_of(["*"])) == set(PUBLIC_TOPICS)
    assert all(each.startswith("invoice.") for each in topics_of(["invoice.*"]))
    assert "pack_subscription.changed.v1" not in topics_of(["subscription.*"])
    assert not covers("invoice.*", "invoices.paid.v1")
    for wrong in ("invoice", "invoice.", "*.paid.v1", "", "nothing.*", *PRIVATE_TOPICS):
        with pytest.raises(Invalid):
            topics_of([wrong])
