"""Nobody gets anything of anybody else's through a tool: every action with an id, and every list.

The actions are those the catalogue has: a new one is covered by itself, or fails here until it is said whose the
ids are that it takes.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from scaicontrol_core.access import Actor
from scaicontrol_core.delivery.ports import DeliveryFilter
from scaicontrol_core.delivery.secret_keeping import NewWebhookSubscription
from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
from scaicontrol_core.delivery.use_cases.fan_out_events import FanOutEvents
from scaicontrol_core.delivery.use_cases.list_webhook_deliveries import ListWebhookDeliveries
from scaicontrol_core.delivery.use_cases.send_test_event import SendTestEvent
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from scaicontrol_core.kernel.ids import InvoiceId, PartnerId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.payments.payment_input import NewPayment
from scaicontrol_core.payments.use_cases.record_payment import RecordPayment
from scaicontrol_http.mcp.action import Audience
from scaicontrol_http.mcp.catalogue import TOOLS
from scaicontrol_http.mcp.schemas import action_schema

#: Fields that name what belongs to nobody: the catalogue is everyone's.
NOBODYS = {"service_id", "plan_id"}
#: Fields that only look like an id.
NO_IDS = {"event_id", "resource_id", "user_id", "request_id", "peppol_id", "leitweg_id", "seller_peppol_id"}
#: What may only be seen by the reseller, its customer and the platform.
THEIRS = ("RSL-", "Reseller", "Theirs", "DE136695976")
#: Codes that HTTP answers with 403, and one that says the same of any id beyond one's scope.
REFUSALS = {"forbidden", "not_your_series", "filter_invalid"}


@pytest.fixture
async def ids(world: Any, their_pack: str, their_method: str, container: Any) -> dict[str, str]:
    """Whose ids to try: all of them the reseller's or its customer's, but for the operator's own run."""
    boss, wanted = Actor.operator("tests"), NewPayment(amount_cents=1)
    paid = await container.use(RecordPayment)(boss, InvoiceId(world.their_invoice), wanted)
    terms = WebhookTerms(url="https://8.8.8.8/hook", topics=("*",))
    hook = NewWebhookSubscription(terms=terms, partner_id=PartnerId(world.reseller))
    told = (await container.use(CreateWebhookSubscription)(boss, hook)).subscription
    await container.use(SendTestEvent)(boss, told.id)
    await container.use(FanOutEvents)(Actor.system("tests"))
    sent = await container.use(ListWebhookDeliveries)(
        boss, PageRequest(limit=1), DeliveryFilter(subscription_id=told.id)
    )
    return {
        "tenant_id": world.theirs,
        "partner_id": world.reseller,
        "seller_id": world.reseller,
        "subscription_id": world.their_subscription,
        "after": world.their_subscription,
        "invoice_id": world.their_invoice,
        "referenced_invoice_id": world.their_invoice,
        "payment_id": paid.payment.id,
        "payment_method_id": their_method,
        "webhook_id": told.id,
        "delivery_id": sent.items[0].id,
        "only_partner_id": world.reseller,
        "only_tenant_id": world.theirs,
        "run_id": world.run,
        "join": world.run,
        "pack_subscription_id": their_pack,
    }


def _naming(action: Any, ids: Mapping[str, str]) -> list[str]:
    """Return which fields of an action name somebody's thing."""
    fields = set(action_schema(action)["properties"]) - {"action"}
    unknown = {name for name in fields if name.endswith("_id")} - ids.keys() - NOBODYS - NO_IDS
    assert not unknown, f"{action.action_name()}: say in this test whose {unknown} is"
    return sorted(fields & ids.keys())


def _calls(ids: Mapping[str, str], sample: Callable[..., dict[str, Any]]) -> list[tuple[str, Any, dict[str, Any]]]:
    """Return every call that names somebody's thing: each id for itself, with all that is required beside it."""
    found = []
    for tool in TOOLS:
        for action in tool.actions:
            for name in _naming(action, ids):
                known = {"tenant_id"} if name == "payment_method_id" else set()
                wanted = known | set(action_schema(action)["required"])
                required = {each: ids[each] for each in sorted(wanted) if each in ids}
                if tool.name == "manage_reports" and "period" in wanted:
                    required["period"] = "2026-Q1"
                found.append((tool.name, action, sample(action, **(required | {name: ids[name]}))))
    return found


def _nothing_of_theirs(answer: Any, ids: Mapping[str, str], asked: Mapping[str, Any]) -> None:
    text = json.dumps(answer.structured_content) + "".join(getattr(each, "text", "") for each in answer.content)
    marks = [*THEIRS, *(one for one in ids.values() if one not in asked.values())]
    assert not [mark for mark in marks if mark in text], text


@pytest.mark.parametrize("who", ["acme", "rival"])
async def test_a_foreign_id_is_not_there(
    speak: Any,
    boss: Any,
    headers: Callable[..., dict[str, str]],
    world: Any,
    ids: dict[str, str],
    sample: Callable[..., dict[str, Any]],
    who: str,
    rows: Callable[[], Awaitable[Mapping[str, int]]],
) -> None:
    other = await boss.post("/admin/partners", {"name": "Rival"}, status=201)
    token = {
        "acme": headers("tenant_admin", tenant_id=world.acme, partner_id=world.operator),
        "rival": headers("partner_admin", partner_id=other["id"]),
    }[who]
    calls = _calls(ids, sample)
    assert len(calls) > 60
    before = await rows()
    async with speak(token) as assistant:
        for tool, action, fields in calls:
            answer = await assistant.call(tool, action.action_name(), **fields)
            _nothing_of_theirs(answer, ids, fields)
            if answer.is_error:
                code = answer.structured_content["error"]["code"]
                assert code in REFUSALS or code.endswith("_not_found"), f"{tool} {action.action_name()}: {code}"
            else:
                result = answer.structured_content["result"]
                assert result.get("items") == [], f"{tool} {action.action_name()}: {result}"
    assert await rows() == before


async def test_the_same_calls_reach_their_owner(
    speak: Any, admin: dict[str, str], world: Any, ids: dict[str, str], sample: Any, headers: Any, their_other: str
) -> None:
    """Without this, a wrong input would pass for a refusal."""
    own = headers("tenant_admin", tenant_id=their_other, partner_id=world.reseller)
    async with speak(admin) as boss, speak(own) as packed:
        for tool, action, fields in _calls(ids, sample):
            speaker = packed if action.audience is Audience.CUSTOMERS else boss
            answer = await speaker.call(tool, action.action_name(), **fields)
            if answer.is_error:
                code = answer.structured_content["error"]["code"]
                assert code not in {"forbidden", "invalid_body", "tenant_not_found", "internal_error"}, (
                    f"{tool} {action.action_name()} {fields}: {answer.content[0].text}"
                )


async def test_lists_show_a_customer_its_own_and_a_reseller_its_customers(
    acme_speaks: Any, reseller_speaks: Any, ids: dict[str, str], sample: Any, world: Any
) -> None:
    async with acme_speaks() as acme, reseller_speaks() as reseller:
        for tool in TOOLS:
            for action in tool.actions:
                if "limit" not in action.extras():
                    continue
                answer = await acme.call(tool.name, action.action_name(), **sample(action))
                _nothing_of_theirs(answer, ids, {})
                answer = await reseller.call(tool.name, action.action_name(), **sample(action))
                assert "Acme" not in json.dumps(answer.structured_content), f"{tool.name} {action.action_name()}"
        own = await reseller.does("manage_subscriptions", "list")
        assert world.their_subscription in {each["id"] for each in own["items"]}
