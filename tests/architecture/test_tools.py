"""The tools for assistants stand beside the other surfaces: same use cases, same permissions, same keys."""

from __future__ import annotations

import pytest

from docs.generating.routes import routes
from docs.generating.surfaces import ON_NO_SURFACE, surfaces
from docs.generating.tools import ToolAction, tool_actions
from docs.generating.use_case_asks import asking_use_cases
from scaicontrol_core.access import Permission
from scaicontrol_http.mcp.action import Audience, Effect
from scaicontrol_http.mcp.catalogue import TOOLS
from scaicontrol_http.mcp.schemas import action_schema
from scaicontrol_http.mcp.tools.settings_seller import Update
from scaicontrol_http.tenancy.schemas import PartnerPatch

SIXTEEN = (
    "manage_tenants manage_services manage_plans manage_subscriptions manage_usage manage_entitlements manage_invoices"
    " manage_payments manage_payment_methods manage_packs manage_dunning manage_provisioning manage_webhooks"
    " manage_events manage_reports manage_settings"
).split()
#: Answered without a use case of the core: settings are the adapters' own.
WITHOUT = {"manage_settings get"}
#: They make what they need of another use case than the one they are for.
ALSO = {"manage_invoices get", "manage_invoices pdf"}
ROUTES = {route.name: route for route in routes()}
EACH = pytest.mark.parametrize("action", tool_actions(), ids=lambda action: action.name.replace(" ", "-"))


def test_the_tools_are_the_sixteen_in_their_order() -> None:
    names = [tool.name for tool in TOOLS]
    assert names == [name for name in SIXTEEN if name in names]
    assert all(len({kind.action_name() for kind in tool.actions}) == len(tool.actions) for tool in TOOLS)


@EACH
def test_an_action_calls_a_use_case(action: ToolAction) -> None:
    assert bool(action.use_cases) is (action.name not in WITHOUT)
    if action.name not in ALSO:
        assert len(action.use_cases) <= 1, "a tool calls one use case; what belongs together is one"


@EACH
def test_an_action_is_offered_to_whom_its_use_case_admits(action: ToolAction) -> None:
    """What the list spares people from is what they would be refused."""
    asked: set[Permission] = set()
    platform = False
    for case in asking_use_cases():
        if case.name in action.use_cases and action.name not in ALSO:
            asked |= {each for ask in case.asks if ask.always for each in ask.permissions}
            platform = ("the platform's own scope", True) in case.shared
    held = set(action.kind.needs)
    if asked and action.kind.audience is Audience.CUSTOMERS:
        assert held <= asked
    elif asked:
        assert held == asked
    assert action.kind.platform is platform or action.name in WITHOUT


@EACH
def test_an_action_is_like_its_routes(action: ToolAction) -> None:
    for name in action.kind.routes:
        route = ROUTES[name]
        assert action.use_cases & route.use_cases, f"{name} does something else"
        if route.idempotent and action.kind.effect is Effect.READS:
            assert action.kind.action_name().startswith("preview"), f"{name} writes"
    for_customers = any("/admin/" not in name for name in action.kind.routes)
    if action.kind.routes and action.kind.needs:
        if action.kind.audience is Audience.ADMINISTRATORS:
            assert all("/admin/" in name or name == "POST /metering/events" for name in action.kind.routes)
        else:
            assert for_customers, "customers have a route of their own"


def test_a_seller_s_fields_are_those_of_the_api() -> None:
    beside = {"action", "partner_id", "expected_version", "idempotency_key"}
    fields = action_schema(Update)["properties"].keys() - beside
    assert fields == set(PartnerPatch.__struct_fields__)


def test_every_use_case_is_reached_from_a_surface_or_has_a_reason() -> None:
    reached = set[str]().union(*(surface.keys() for surface in surfaces()))
    alone = {case.name for case in asking_use_cases()} - reached
    assert alone == set(ON_NO_SURFACE), "name the surface that has it, or say in docs/generating/surfaces.py why not"
