"""Field checks: clean values in, every wrong field named at once."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from attrs import frozen

from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.checks import Findings, check_fields
from scaicontrol_core.kernel.errors import Invalid


class Colour(StrEnum):
    """Something to choose from."""

    RED = "red"
    BLUE = "blue"


RULES = {
    "name": checks.required(10),
    "colour": checks.choice(Colour),
    "size": checks.whole(1, 9),
    "note": checks.maybe_text(5),
}


@frozen(kw_only=True)
class Thing:
    """A value that checks its fields as all of ours do."""

    name: str
    colour: Colour = Colour.RED
    size: int = 1
    note: str | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(self, RULES)


def test_values_are_cleaned_as_they_come_in() -> None:
    thing = Thing(name="  Zoë ", colour="blue", note="  ")  # type: ignore[arg-type]
    assert thing == Thing(name="Zoë", colour=Colour.BLUE)
    assert thing.colour is Colour.BLUE


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        Thing(name="", colour="green", size=True, note="too long")  # type: ignore[arg-type]
    assert [field.pointer for field in refusal.value.fields] == ["/name", "/colour", "/size", "/note"]
    assert refusal.value.code == "invalid"
    assert refusal.value.message == "4 fields are wrong: /name, /colour, /size, /note."


def test_a_single_wrong_field_keeps_its_own_code_and_words() -> None:
    with pytest.raises(Invalid) as refusal:
        Thing(name="x", size=10)
    assert refusal.value.code == "number_invalid"
    assert refusal.value.message == "10 does not lie between 1 and 9."


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (checks.required(5), None),
        (checks.required(5), 12),
        (checks.text(5), "a\x00b"),
        (checks.maybe_text(5), 7),
        (checks.flag, "true"),
        (checks.flag, 1),
        (checks.whole(0, 5), "3"),
        (checks.whole(0, 5), Decimal(3)),
        (checks.slug, "Pro"),
        (checks.slug, "-pro"),
        (checks.slug, "pro--max"),
        (checks.slug, "a" * 61),
        (checks.slug, None),
        (checks.distinct(checks.slug), "abc"),
        (checks.distinct(checks.slug), ["a", "a"]),
        (checks.json_object, []),
        (checks.json_object, {1: "a"}),
        (checks.json_object, {"a": Decimal("1.5")}),
        (checks.json_object, {"a": object()}),
    ],
)
def test_what_does_not_fit_is_refused_at_its_pointer(check: checks.Check, value: object) -> None:
    with pytest.raises(Invalid) as refusal:
        check(value, "/here")
    assert refusal.value.fields[0].pointer.startswith("/here")


def test_json_is_copied_so_that_nobody_changes_it_from_outside() -> None:
    given: dict[str, Any] = {"theme": {"colours": ["red"]}}
    kept = checks.json_object(given, "/branding")
    given["theme"]["colours"].append("blue")
    assert kept == {"theme": {"colours": ["red"]}}


def test_json_is_not_nested_without_end() -> None:
    nested: Any = "bottom"
    for _ in range(20):
        nested = [nested]
    with pytest.raises(Invalid) as refusal:
        checks.json_object({"deep": nested}, "/features")
    assert refusal.value.code == "json_invalid"


def test_a_pointer_into_json_escapes_what_a_pointer_means() -> None:
    with pytest.raises(Invalid) as refusal:
        checks.json_object({"a/b~c": {"d": b""}}, "/features")
    assert refusal.value.fields[0].pointer == "/features/a~1b~0c/d"


def test_findings_point_from_where_the_value_sits() -> None:
    findings = Findings()
    assert findings.attempt(lambda: Thing(name="ok"), "/things/0") == Thing(name="ok")
    assert findings.attempt(lambda: Thing(name=""), "/things/1") is None
    findings.note("/things/2", "Missing.", "required")
    assert findings
    with pytest.raises(Invalid) as refusal:
        findings.raise_if_any()
    assert [field.pointer for field in refusal.value.fields] == ["/things/1/name", "/things/2"]
    assert refusal.value.code == "required"


def test_nothing_found_raises_nothing() -> None:
    Findings().raise_if_any()
