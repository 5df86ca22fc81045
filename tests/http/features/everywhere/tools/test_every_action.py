"""Every action of every tool does what it says, for somebody who may, in a business that has everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from scaicontrol_adapters.vies.register import Patience, ViesRegister
from scaicontrol_core.access import Actor
from scaicontrol_core.delivery.use_cases.fan_out_events import FanOutEvents
from scaicontrol_http.mcp.catalogue import TOOLS
from scaicontrol_http.mcp.schemas import input_schema, output_schema
from tests.services.vies import Vies

EVENT = {"idempotency_key": "e1", "metric": "messages", "quantity": "5", "occurred_at": "2026-01-10T10:00:00Z"}
PLAN = {"name": "Big", "tier": "pro", "billing_period": "monthly", "base_price_cents": 9900, "currency": "EUR"}
PROFILE = {"company_name": "Bare Ltd", "country_code": "NL", "address_line1": "Damrak 1", "city": "Amsterdam"}
PACK = {"name": "Duo", "billing_period": "monthly", "currency": "EUR", "items": [{"plan": "mail.pro"}]}
LINE = {"description": "Workshop", "unit_price_cents": "12000"}


class Story:
    """Calls tools one after the other, as two people, and notes which actions were called."""

    def __init__(self, boss: Any, acme: Any) -> None:
        self.boss, self.acme = boss, acme
        self.called: set[tuple[str, str]] = set()

    async def does(self, tool: str, action: str, by: Any = None, **fields: Any) -> Any:
        """Call an action that succeeds; what it takes and answers is as its schemas say."""
        name = f"manage_{tool}"
        actions = next(each for each in TOOLS if each.name == name).actions
        Draft202012Validator(input_schema(actions)).validate({"action": action, **fields})
        result = await (by or self.boss).does(name, action, **fields)
        Draft202012Validator(output_schema(actions)).validate({"action": action, "result": result})
        self.called.add((name, action))
        return result


async def _customers(story: Story, world: Any) -> str:
    found = await story.does("tenants", "list", search="acme", limit=1)
    assert found["next_cursor"], "a small page has a next one"
    assert (await story.does("tenants", "list", search="acme", limit=1, cursor=found["next_cursor"]))["items"] or True
    tenant = await story.does("tenants", "create", name="Newcomer", idempotency_key="new")
    await story.does("tenants", "get", tenant_id=tenant["id"])
    changed = await story.does(
        "tenants", "update", tenant_id=tenant["id"], external_reference="n-1", expected_version=1
    )
    assert (changed["name"], changed["external_reference"]) == ("Newcomer", "n-1")
    profile = PROFILE | {"vat_number": "NL123456782B90"}
    await story.does("tenants", "set_billing_profile", tenant_id=tenant["id"], **profile)
    assert (await story.does("tenants", "get_billing_profile", by=story.acme))["tenant_id"] == world.acme
    await story.does("tenants", "check_vat_number", tenant_id=tenant["id"])
    await story.does("tenants", "attest_vat_number", tenant_id=tenant["id"], note="Seen on paper", confirm=True)
    assert (await story.does("tenants", "list_vat_evidence", tenant_id=tenant["id"]))["total"] >= 1
    new: str = tenant["id"]
    return new


async def _catalogue(story: Story) -> None:
    assert {each["slug"] for each in (await story.does("services", "list"))["items"]} == {"mail", "keys"}
    assert "hidden" in {each["slug"] for each in (await story.does("services", "list_all"))["items"]}
    await story.does("services", "get", service="mail")
    assert (await story.does("services", "history", service="mail"))["total"] >= 1
    await story.does("plans", "list", service="mail")
    await story.does("plans", "list_all")
    tier = {"metric": "messages", "unit_price_cents": "0.5"}
    plan = await story.does("plans", "create", service="mail", slug="big", **PLAN, usage_pricing=[tier])
    cheaper = PLAN | {"base_price_cents": 8900}
    version = plan["version"]
    await story.does("plans", "update", service="mail", slug="big", **cheaper, expected_version=version)
    await story.does("plans", "history", plan_key="mail.big")
    await story.does("plans", "deactivate", plan_key="mail.big", confirm=True)
    await story.does("plans", "delete", plan_key="mail.big", confirm=True)
    cost = {"service": "mail", "metric": "messages", "cost_cents": "0.2", "currency": "EUR"}
    await story.does("plans", "refresh_costs", unit_costs=[cost], dry_run=True)
    await story.does("packs", "list", by=story.acme)
    await story.does("packs", "create", slug="duo", **PACK, base_price_cents=100)
    await story.does("packs", "update", slug="duo", **PACK, base_price_cents=200)
    assert (await story.does("packs", "get", slug="duo"))["base_price_cents"] == 200
    await story.does("packs", "list_all")
    await story.does("packs", "deactivate", slug="duo", confirm=True)


async def _subscriptions(story: Story, tenant_id: str, world: Any) -> None:
    bought = await story.does("subscriptions", "create", tenant_id=tenant_id, plan_key="mail.taste")
    one = {"subscription_id": bought["id"]}
    await story.does("subscriptions", "list", tenant_id=tenant_id, status="trialing")
    await story.does("subscriptions", "extend_trial", **one, until="2026-02-20")
    await story.does("subscriptions", "get", **one)
    mine = await story.does("subscriptions", "subscribe", by=story.acme, plan_key="keys.pro")
    await story.does("subscriptions", "cancel", by=story.acme, subscription_id=mine["id"], confirm=True)
    await story.does("subscriptions", "resume", by=story.acme, subscription_id=mine["id"])
    one = {"subscription_id": world.subscription}
    await story.does("subscriptions", "preview_change", **one, quantity=2, proration="next_invoice")
    await story.does("subscriptions", "change_plan", **one, plan_key="mail.basic", effective="period_end")
    await story.does("subscriptions", "withdraw_change", **one)
    await story.does("subscriptions", "set_term", **one, ends_on="2027-01-01")
    await story.does("subscriptions", "set_anchor", **one, anchor="2026-01-20")
    await story.does("subscriptions", "suspend", **one, reason="late", confirm=True)
    await story.does("subscriptions", "resume", **one)
    await story.does("subscriptions", "pause", **one, until="2026-03-01", confirm=True)
    await story.does("subscriptions", "resume", **one)
    await story.does("subscriptions", "override", **one, plan_key="mail.basic", confirm=True)
    assert (await story.does("subscriptions", "history", **one))["total"] > 3
    assert (await story.does("provisioning", "list"))["total"] == 0, "services start at once"
    started = await story.does("provisioning", "get", **one)
    assert "subscription.created" in {each["action"] for each in started["items"]}
    event = EVENT | {"tenant_id": world.acme, "service": "mail"}
    assert (await story.does("usage", "record", events=[event, event]))["duplicates"] == 1
    await story.does("usage", "summary", by=story.acme)
    await story.does("usage", "rebuild")
    await story.does("entitlements", "list", tenant_id=world.acme)
    assert (await story.does("entitlements", "check", by=story.acme, service="mail"))["service"] == "mail"


async def _packs(story: Story, tenant_id: str) -> None:
    pack = await story.does("packs", "subscribe", slug="office", tenant_id=tenant_id)
    one = {"pack_subscription_id": pack["id"]}
    await story.does("packs", "list_subscriptions", tenant_id=tenant_id)
    await story.does("packs", "get_subscription", **one)
    await story.does("packs", "suspend", **one, confirm=True)
    await story.does("packs", "resume", **one)
    await story.does("packs", "history", **one)
    await story.does("packs", "cancel", **one, reason="Too much", confirm=True)


async def _invoices(story: Story, world: Any) -> None:
    await story.does("invoices", "list", by=story.acme)
    await story.does("invoices", "upcoming", by=story.acme)
    draft = await story.does("invoices", "create_draft", tenant_id=world.acme, lines=[LINE, LINE], idempotency_key="d")
    one = {"invoice_id": draft["id"]}
    assert (await story.does("invoices", "get", **one))["sends"] == []
    await story.does("invoices", "edit_draft", **one, notes="Thank you")
    lines = [line["id"] for line in draft["lines"]]
    await story.does("invoices", "order_lines", **one, line_ids=lines[::-1])
    final = await story.does("invoices", "finalize", **one, confirm=True)
    assert final["number"]
    await story.does("invoices", "explain_vat", **one)
    await story.does("invoices", "einvoice", **one, format="ubl")
    answer = await story.acme.call("manage_invoices", "pdf", **one)
    assert answer.content[-1].resource.mime_type == "application/pdf"
    await story.does("invoices", "pdf", **one)
    await story.does("invoices", "send", **one, to=["someone@example.com"], confirm=True, idempotency_key="send")
    assert (await story.does("invoices", "list_sends", **one))["total"] == 1
    assert (await story.does("invoices", "mark_sent", **one, confirm=True))["sent"] == 1
    credit = {**one, "reason": "Half", "lines": [{"position": 1}]}
    await story.does("invoices", "preview_credit", **credit)
    await story.does("invoices", "credit", **credit, confirm=True)
    await story.does("invoices", "history", **one)
    await story.does("invoices", "reissue", invoice_id=world.invoice, reason="Wrong address", confirm=True)
    await story.does("invoices", "void", invoice_id=world.draft, reason="Not needed", confirm=True)
    await story.does("invoices", "preview_billing", period="2026-01")
    run = await story.does("invoices", "run_billing", period="2026-01", tenant_id=world.acme, confirm=True)
    await story.does("invoices", "get_billing_run", run_id=run["id"])
    await _payments(story, one, world)


async def _payments(story: Story, one: Mapping[str, str], world: Any) -> None:
    paid = await story.does("payments", "record", **one, amount_cents=1000, reference="B1", idempotency_key="p")
    await story.does("payments", "record_failed", **one, failure_code="insufficient_funds")
    await story.does("payments", "refund", **one, amount_cents=200, confirm=True)
    await story.does("payments", "list", kind="refund")
    assert (await story.does("payments", "list_of_invoice", by=story.acme, **one))["total"] == 3
    await story.does("payments", "history", payment_id=paid["payment"]["id"])
    await story.does("payments", "balances", by=story.acme)
    await story.does("payments", "statement", by=story.acme, first="2026-01-01", last="2026-01-31")
    mandate = {"mandate_reference": "M-1", "debtor_name": "Acme", "iban": "NL91ABNA0417164300"}
    made = await story.does("payment_methods", "add", by=story.acme, **mandate, signed_on="2026-01-02")
    method = {"payment_method_id": made["id"]}
    assert (await story.does("payment_methods", "set_default", by=story.acme, **method))["is_default"]
    found = await story.does("payment_methods", "list", tenant_id=world.acme)
    assert [each["is_default"] for each in found["items"]] == [False, True]
    await story.does("payment_methods", "detach", tenant_id=world.acme, **method, confirm=True)
    assert (await story.does("payment_methods", "history", **method))["total"] == 3
    await story.does("dunning", "list_overdue")
    await story.does("dunning", "mark_overdue", confirm=True)
    await story.does("dunning", "ageing", as_of="2026-01-31")
    await story.does("dunning", "balances", tenant_id=world.acme)


async def _house(story: Story, world: Any) -> None:
    for report in ("recurring_revenue", "vat"):
        await story.does("reports", report, period="2026-01")
    for report in ("oss", "ec_sales_list"):
        await story.does("reports", report, period="2026-Q1")
    for report in ("ageing", "numbering_audit", "vat_corrections"):
        await story.does("reports", report)
    await story.does("reports", "commissions", partner_id=world.reseller)
    await story.does("events", "list", resource_type="invoice", limit=5)
    settings = {each["variable"]: each["value"] for each in (await story.does("settings", "get"))["items"]}
    assert settings["SCAICONTROL_DATABASE_URL"] == "***"
    await story.does("settings", "list_partners")
    partner = await story.does("settings", "create_partner", name="Third", legal_name="Third B.V.")
    one = {"partner_id": partner["id"]}
    await story.does("settings", "get_partner", **one)
    number = {"seller_vat_number": "NL123456782B90", "seller_country_code": "NL"}
    await story.does("settings", "update_partner", **one, payment_terms_days=30, **number)
    await story.does("settings", "check_vat_number", **one)
    await story.does("settings", "attest_vat_number", **one, note="Seen", confirm=True)
    await story.does("settings", "consumer_turnover", **one)
    await story.does("settings", "history", **one)


async def _webhooks(story: Story, container: Any) -> None:
    wish = {"url": "https://8.8.8.8/hook", "topics": ["tenant.*"], "idempotency_key": "hook"}
    made = await story.does("webhooks", "create", **wish)
    assert made["secret"].startswith("whsec_")
    assert (await story.does("webhooks", "create", **wish))["secret"] is None, "it is told once, and kept nowhere"
    one = {"webhook_id": made["webhook"]["id"]}
    await story.does("webhooks", "list", status="active")
    await story.does("webhooks", "update", **one, description="CRM", headers={"X-Key": "hidden"})
    assert (await story.does("webhooks", "get", **one))["header_names"] == ["X-Key"]
    assert (await story.does("webhooks", "rotate_secret", **one, confirm=True))["secret"] != made["secret"]
    await story.does("webhooks", "test", **one)
    await container.use(FanOutEvents)(Actor.system("tests"))
    waiting = await story.does("webhooks", "list_deliveries", **one)
    delivery = {"delivery_id": waiting["items"][0]["id"]}
    assert (await story.does("webhooks", "get_delivery", **delivery))["attempts"] == []
    # What is still on its way cannot be sent again; deliveries that ended are the webhooks' own tests' business.
    await story.boss.refused("manage_webhooks", "replay", "webhook_delivery_pending", **delivery)
    await story.does("webhooks", "replay_since", **one, since="2026-01-01T00:00:00Z")
    assert (await story.does("webhooks", "replay_dead", **one))["deliveries"] == 0
    await story.does("webhooks", "disable", **one, confirm=True)
    await story.does("webhooks", "enable", **one)
    await story.does("webhooks", "delete", **one, confirm=True)
    for _ in range(20):
        await container.use(FanOutEvents)(Actor.system("tests"))
    feed = await story.does("events", "feed", types=["tenant.*"], limit=2)
    assert [each["type"].partition(".")[0] for each in feed["items"]] == ["tenant", "tenant"]


async def test_every_action_of_every_tool(
    boss_speaks: Callable[[], Any], acme_speaks: Any, world: Any, container: Any, vies: Vies
) -> None:
    container.vat_register = ViesRegister(url=vies.url, patience=Patience(question_seconds=0))
    vies.known.add("NL123456782B90")
    async with boss_speaks() as boss, acme_speaks() as acme:
        story = Story(boss, acme)
        tenant_id = await _customers(story, world)
        await _catalogue(story)
        await _subscriptions(story, tenant_id, world)
        await _packs(story, world.jones)
        await _invoices(story, world)
        await _house(story, world)
        await _webhooks(story, container)
    all_actions = {(tool.name, action.action_name()) for tool in TOOLS for action in tool.actions}
    assert all_actions - story.called == {("manage_packs", "extend_trial"), ("manage_webhooks", "replay")}


async def test_the_trial_of_a_pack_is_prolonged(boss_speaks: Callable[[], Any], world: Any) -> None:
    async with boss_speaks() as boss:
        items = [{"plan": "mail.pro"}, {"plan": "keys.pro"}]
        terms = {"billing_period": "monthly", "currency": "EUR", "items": items, "base_price_cents": 5000}
        await boss.does("manage_packs", "create", slug="try", name="Try", trial_days=14, **terms)
        pack = await boss.does("manage_packs", "subscribe", slug="try", tenant_id=world.jones)
        one = {"pack_subscription_id": pack["id"]}
        await boss.does("manage_packs", "extend_trial", **one, until="2026-02-25")


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_schemas_say_what_each_field_is(tool: Any) -> None:
    schema = input_schema(tool.actions)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator.check_schema(output_schema(tool.actions))
    assert not {"oneOf", "anyOf", "allOf"} & schema.keys(), "some models refuse these at the root"
    assert all(field["description"].endswith((".", "?")) for field in schema["properties"].values())
