"""Whatever an assistant sends, a tool answers as its schema says: it does it, or says what is wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from scaicontrol_adapters.container import Container
from scaicontrol_core.access import Actor
from scaicontrol_core.catalog.use_cases.import_catalogue import ImportCatalogue
from scaicontrol_core.tenancy.partner import NewPartner
from scaicontrol_core.tenancy.use_cases.bootstrap_operator import BootstrapOperator
from scaicontrol_core.tenancy.use_cases.create_tenant import CreateTenant, NewTenant
from scaicontrol_core.testing.builders import seller_configuration
from scaicontrol_http.mcp.calling import Desk
from scaicontrol_http.mcp.catalogue import TOOLS
from scaicontrol_http.mcp.schemas import action_schema, output_schema

BOSS = Actor.operator("tests").with_request("req_1")
#: Faults of ours are what is looked for; these renders would take long and have tests of their own.
SLOW = {"pdf", "einvoice"}
EACH = [(tool, action) for tool in TOOLS for action in tool.actions if action.action_name() not in SLOW]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
STRANGE = st.sampled_from(
    [
        "",
        " ",
        "\x00",
        "\ud800",
        "x" * 5000,
        "' OR 1=1--",
        -1,
        0,
        10**30,
        True,
        1e308,
        [],
        {},
        "9999-12-31",
        "0001-01-01",
    ]
)


@pytest.fixture(scope="module")
def desk() -> Desk:
    """A small business in memory."""
    container = Container.in_memory()

    async def furnish() -> None:
        await container.use(BootstrapOperator)(BOSS, NewPartner(name="House", configuration=seller_configuration()))
        await container.use(CreateTenant)(BOSS, NewTenant(name="Acme"))
        plan = {"slug": "pro", "name": "Pro", "tier": "pro", "billing_period": "monthly", "currency": "EUR"}
        service = {"slug": "mail", "app_id": "mail", "name": "Mail", "plans": [plan | {"base_price_cents": 100}]}
        await container.use(ImportCatalogue)(BOSS, {"services": [service]})

    asyncio.run(furnish())
    return Desk(container, TOOLS)


def _fitting(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Make values that a field's schema allows, more or less."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([_fitting(option) for option in schema["anyOf"]])
    kind = schema.get("type")
    if schema.get("format") == "date":
        return st.dates().map(str)
    if schema.get("format") == "date-time":
        return st.datetimes().map(lambda at: at.isoformat() + "Z")
    if kind == "integer":
        return st.integers(schema.get("minimum", -(2**40)), schema.get("maximum", 2**40))
    if kind == "array":
        return st.lists(_fitting(schema.get("items", {})), max_size=2)
    if kind == "object" and "properties" in schema:
        required = schema.get("required", [])
        fields = {name: _fitting(value) for name, value in schema["properties"].items()}
        return st.fixed_dictionaries(
            {name: fields[name] for name in required},
            optional={name: value for name, value in fields.items() if name not in required},
        )
    simple: dict[Any, st.SearchStrategy[Any]] = {
        "string": st.text(min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 30), 30)),
        "boolean": st.booleans(),
        "null": st.none(),
        "object": st.dictionaries(st.text(max_size=5), JSON, max_size=2),
    }
    return simple.get(kind, JSON)


def _judge(desk: Desk, tool: Any, arguments: Any) -> Any:
    outcome = asyncio.run(desk.call(tool.name, arguments, BOSS))
    Draft202012Validator(output_schema(tool.actions)).validate(outcome.content)
    code = outcome.content.get("error", {}).get("code")
    assert code != "internal_error", outcome.content
    assert "Traceback" not in outcome.text
    return outcome


def _name(case: Any) -> str:
    return f"{case[0].name}-{case[1].action_name()}"


@pytest.mark.parametrize("case", EACH, ids=_name)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(picked=st.data())
def test_any_input_is_done_or_refused_in_words(desk: Desk, case: Any, picked: st.DataObject) -> None:
    tool, action = case
    schema = action_schema(action)
    whole = {name: value for name, value in schema.items() if name in {"type", "properties", "required"}}
    arguments = picked.draw(_fitting(whole))
    arguments["action"] = action.action_name()
    if "confirm" in action.extras():
        arguments["confirm"] = True
    for name in picked.draw(st.sets(st.sampled_from([*schema["properties"], "no_such_field"]), max_size=2)):
        if name != "action":
            arguments[name] = picked.draw(STRANGE | JSON)
    _judge(desk, tool, arguments)


@pytest.mark.parametrize("case", EACH, ids=_name)
def test_what_is_missing_unknown_or_of_another_type_is_named(desk: Desk, case: Any) -> None:
    tool, action = case
    schema, name = action_schema(action), action.action_name()
    outcome = _judge(desk, tool, {"action": name, "no_such_field": 1})
    assert outcome.failed
    for field in schema["properties"].keys() - {"action"}:
        outcome = _judge(desk, tool, {"action": name, field: 7.5})
        assert outcome.content["error"]["code"] == "invalid_body"
    required = [field for field in schema["required"] if field != "action"]
    if required:
        outcome = _judge(desk, tool, {"action": name})
        assert outcome.content["error"]["fields"][0]["field"].lstrip("/") in required


@given(JSON | STRANGE)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_action_that_is_none_is_told_which_there_are(desk: Desk, action: Any) -> None:
    for tool in TOOLS:
        if tool.find(action) is None:
            outcome = _judge(desk, tool, {"action": action})
            assert outcome.content["error"]["code"] == "action_unknown"
