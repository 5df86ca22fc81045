"""Webhooks over HTTP: who is told of what, what became of it, what is sent again, and the feed that loses nothing."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.scaikey.development import issue_service_token
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.access import Actor
from scaicontrol_core.delivery.outcome import Answer
from scaicontrol_core.delivery.parcel import Answered
from scaicontrol_core.delivery.topics import PUBLIC_TOPICS
from scaicontrol_core.delivery.use_cases.claim_webhook_deliveries import ClaimWebhookDeliveries
from scaicontrol_core.delivery.use_cases.fan_out_events import FanOutEvents
from scaicontrol_core.delivery.use_cases.record_webhook_answers import RecordWebhookAnswers
from scaicontrol_core.kernel.ids import TenantId
from scaicontrol_core.tenancy.use_cases.set_billing_profile import SetBillingProfile
from scaicontrol_core.testing.builders import billing_details

ALL = "/admin/webhook-subscriptions"
#: A public address, to which nothing is sent here.
URL = "https://8.8.8.8/hook"
#: Lets everything travel; receivers answer with this status.
Travel = Callable[[int], Awaitable[None]]


@pytest.fixture
def travel(container: Container) -> Travel:
    """Fan out, and answer for the receivers."""

    async def let(status: int) -> None:
        system = Actor.system("tests")
        while (await container.use(FanOutEvents)(system)).more:
            pass
        said = Answer(status=status, latency_ms=7, text="what the receiver said")
        while parcels := await container.use(ClaimWebhookDeliveries)(system, 100):
            await container.use(RecordWebhookAnswers)(system, [Answered(parcel, said) for parcel in parcels])

    return let


async def _subscribed(caller: Any, **fields: Any) -> Any:
    return await caller.post(ALL, {"url": URL, "topics": ["tenant.*"]} | fields, status=201)


async def _moves(container: Container, tenant_id: str, city: str) -> None:
    """Let a customer move: an event."""
    details = billing_details(company_name="Acme", city=city)
    await container.use(SetBillingProfile)(Actor.operator("tests"), TenantId(tenant_id), details)


async def test_somebody_is_told_and_edited_and_forgotten(boss: Any, world: Any) -> None:
    made = await boss.send("POST", ALL, json={"url": URL, "topics": ["invoice.*"], "headers": {"X-Key": "hidden"}})
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert made.json()["secret"].startswith("whsec_")
    one = f"{ALL}/{made.json()['webhook']['id']}"
    shown = await boss.send("GET", one)
    assert "hidden" not in shown.text
    assert "whsec_" not in shown.text
    assert shown.json()["header_names"] == ["X-Key"]
    assert (shown.json()["pending"], shown.json()["dead"]) == (0, 0)
    tag = {"If-Match": shown.headers["etag"]}
    changed = await boss.patch(one, {"description": "CRM", "topics": ["invoice.paid.v1"]}, headers=tag)
    assert (changed["description"], changed["topics"], changed["header_names"]) == (
        "CRM",
        ["invoice.paid.v1"],
        ["X-Key"],
    )
    await boss.refused("PATCH", one, 412, "stale_version", json={"description": "mine"}, headers=tag)
    assert (await boss.get(ALL, status="active"))["total"] == 1
    history = await boss.get(f"{one}/history")
    assert [each["action"] for each in history["items"]] == [
        "webhook_subscription.updated",
        "webhook_subscription.created",
    ]
    assert "hidden" not in json.dumps(history)
    assert (await boss.send("DELETE", one)).status_code == 204
    await boss.refused("GET", one, 404, "webhook_subscription_not_found")
    assert (await boss.get(ALL))["items"] == []


@pytest.mark.parametrize(
    ("wish", "code", "pointer"),
    [
        ({"url": "https://127.0.0.1/hook"}, "webhook_url_refused", "/url"),
        ({"url": "https://169.254.169.254/latest"}, "webhook_url_refused", "/url"),
        ({"url": "ftp://8.8.8.8/"}, "url_invalid", "/url"),
        ({"topics": []}, "topics_invalid", "/topics"),
        ({"topics": ["no.such.v1"]}, "topic_unknown", "/topics/0"),
        ({"headers": {"webhook-id": "mine"}}, "headers_invalid", "/headers/webhook-id"),
        ({"max_in_flight": 0}, "number_invalid", "/max_in_flight"),
        ({"secret": "whsec_short"}, "webhook_secret_invalid", "/secret"),
    ],
)
async def test_what_is_refused_says_why(boss: Any, world: Any, wish: Any, code: str, pointer: str) -> None:
    wrong = await boss.refused("POST", ALL, 422, code, json={"url": URL, "topics": ["*"]} | wish)
    assert wrong["errors"][0]["pointer"] == pointer


async def test_a_secret_is_told_once_and_kept_with_no_key(boss: Any, container: Container, world: Any) -> None:
    how = {"json": {"url": URL, "topics": ["*"]}, "headers": {"Idempotency-Key": "hook-1"}}
    first = (await boss.send("POST", ALL, **how)).json()
    again = await boss.send("POST", ALL, **how)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first | {"secret": None}
    assert (await boss.get(ALL))["total"] == 1
    one = f"{ALL}/{first['webhook']['id']}"
    key = {"Idempotency-Key": "turn-1"}
    turned = await boss.post(f"{one}/rotate-secret", headers=key)
    assert turned["secret"] not in {None, first["secret"]}
    assert (await boss.post(f"{one}/rotate-secret", headers=key))["secret"] is None
    assert turned["webhook"]["secrets"] == 2
    assert container.database is not None
    async with container.database.reader.connect() as connection:
        kept = (await connection.execute(text("SELECT * FROM idempotency_keys"))).all()
    assert len(kept) == 2
    assert not [secret for secret in (first["secret"], turned["secret"]) if secret[6:] in str(kept)]


async def test_a_receiver_brings_its_own_secret(boss: Any, world: Any) -> None:
    own = "whsec_" + "c2" * 21 + "c="
    made = await _subscribed(boss, secret=own)
    assert made["secret"] == own


async def test_what_became_of_an_event_can_be_looked_up(
    boss: Any, world: Any, container: Container, travel: Travel
) -> None:
    one = f"{ALL}/{(await _subscribed(boss))['webhook']['id']}"
    await _moves(container, world.acme, "Delft")
    await travel(204)
    queued = await boss.post(f"{one}/test", status=202)
    await travel(500)
    arrived = (await boss.get(f"{one}/deliveries", status="dispatched"))["items"]
    assert "tenant.billing_updated.v1" in {each["topic"] for each in arrived}
    tried = (await boss.get(f"{one}/deliveries", status="pending"))["items"]
    assert [each["idempotency_key"] for each in tried] == [queued["idempotency_key"]]
    told = await boss.get(f"/admin/webhook-deliveries/{tried[0]['id']}")
    assert [each["answer"] for each in told["attempts"]] == ["what the receiver said"]
    assert told["attempts"][0]["next_due_at"] is not None
    assert json.loads(told["body"])["type"] == "webhook.test.v1"
    everywhere = await boss.get("/admin/webhook-deliveries", last_error="server_error")
    assert [each["id"] for each in everywhere["items"]] == [tried[0]["id"]]
    assert (await boss.get(f"{one}/deliveries", topic="webhook.test.v1"))["total"] == 1
    assert (await boss.get(f"{one}/deliveries", since="2030-01-01T00:00:00Z"))["items"] == []
    await boss.refused("GET", f"{one}/deliveries?status=lost", 422, "choice_unknown", "/status")
    standing = await boss.get(one)
    assert (standing["pending"], standing["failures_in_row"]) == (1, 1)


async def test_what_was_given_up_is_sent_again(boss: Any, world: Any, container: Container, travel: Travel) -> None:
    one = f"{ALL}/{(await _subscribed(boss))['webhook']['id']}"
    await _moves(container, world.acme, "Delft")
    await travel(400)
    dead = (await boss.get(f"{one}/deliveries", status="dead"))["items"]
    assert dead
    key = {"Idempotency-Key": "again-1"}
    again = await boss.post(f"/admin/webhook-deliveries/{dead[0]['id']}/replay", status=201, headers=key)
    assert (again["replay_of"], again["event_id"]) == (dead[0]["id"], dead[0]["event_id"])
    assert await boss.post(f"/admin/webhook-deliveries/{dead[0]['id']}/replay", status=201, headers=key) == again
    wrong = await boss.refused(
        "POST", f"/admin/webhook-deliveries/{again['id']}/replay", 400, "webhook_delivery_pending"
    )
    assert again["id"] in wrong["detail"]
    rest = await boss.post(f"{one}/replay-dead", status=202)
    assert rest == {"deliveries": len(dead) - 1, "more": False, "next_after": None}
    await travel(204)
    everything = await boss.post(f"{one}/replay-since", {"since": "2026-01-01T00:00:00Z"}, status=202)
    assert everything["deliveries"] >= len(dead)
    await boss.refused("POST", f"{one}/replay-since", 422, "instant_invalid", json={"since": "2026-01-01T00:00:00"})


async def test_who_is_disabled_gets_nothing_until_enabled(boss: Any, world: Any, container: Container) -> None:
    one = f"{ALL}/{(await _subscribed(boss))['webhook']['id']}"
    assert (await boss.post(f"{one}/disable"))["status"] == "disabled"
    await boss.refused("POST", f"{one}/disable", 400, "invalid_transition")
    await boss.refused("POST", f"{one}/test", 400, "webhook_disabled")
    await boss.refused("POST", f"{one}/replay-dead", 400, "webhook_disabled")
    assert (await boss.get(ALL, status="disabled"))["total"] == 1
    assert (await boss.post(f"{one}/enable"))["status"] == "active"


async def test_who_is_gone_is_disabled(boss: Any, world: Any, container: Container, travel: Travel) -> None:
    one = f"{ALL}/{(await _subscribed(boss))['webhook']['id']}"
    await _moves(container, world.acme, "Delft")
    await travel(410)
    found = await boss.get(one)
    assert (found["status"], found["disabled_reason"]) == ("disabled", "gone")


async def test_partners_have_webhooks_of_their_own(
    boss: Any, reseller: Any, acme: Any, world: Any, container: Container, travel: Travel
) -> None:
    theirs = (await _subscribed(reseller))["webhook"]
    assert theirs["partner_id"] == world.reseller
    ours = (await _subscribed(boss))["webhook"]
    assert [each["id"] for each in (await reseller.get(ALL))["items"]] == [theirs["id"]]
    await reseller.refused("GET", f"{ALL}/{ours['id']}", 404, "webhook_subscription_not_found")
    body = {"url": URL, "topics": ["*"], "partner_id": world.operator}
    await reseller.refused("POST", ALL, 403, "forbidden", json=body)
    await _moves(container, world.acme, "Delft")
    await _moves(container, world.theirs, "Trier")
    await travel(204)
    told = (await reseller.get(f"{ALL}/{theirs['id']}/deliveries"))["items"]
    assert {each["tenant_id"] for each in told} == {world.theirs}
    await acme.refused("GET", ALL, 403, "forbidden")


async def test_the_feed_is_read_in_parts_and_goes_on_where_it_ended(
    boss: Any, reseller: Any, acme: Any, world: Any, container: Container, travel: Travel
) -> None:
    assert await boss.get("/events") == {"items": [], "next_cursor": None, "more": False}
    await travel(204)
    seen: list[Any] = []
    part = await boss.get("/events", limit=2)
    while True:
        seen += part["items"]
        if not part["more"]:
            break
        part = await boss.get("/events", limit=2, after=part["next_cursor"])
    assert len({each["id"] for each in seen}) == len(seen) > 4
    await _moves(container, world.acme, "Delft")
    await travel(204)
    later = await boss.get("/events", after=part["next_cursor"])
    assert [each["type"] for each in later["items"]] == ["tenant.billing_updated.v1"]
    assert later["items"][0]["data"]["changed_fields"] == ["city"]
    nothing = await boss.get("/events", after=later["next_cursor"])
    assert (nothing["items"], nothing["next_cursor"]) == ([], later["next_cursor"])


async def test_a_service_reads_what_names_it(boss: Any, world: Any, settings: Settings, travel: Travel) -> None:
    async def read(app_id: str) -> list[Any]:
        service = type(boss)(boss.client, {"Authorization": f"Bearer {issue_service_token(settings, app_id)}"})
        return list((await service.get("/events", limit=200))["items"])

    await travel(204)
    catalogue = (await boss.get("/events", types="catalog.service_changed.v1"))["items"]
    named = {each["data"]["service"]: each["data"]["service_id"] for each in catalogue}
    for app_id in ("mail", "keys"):
        items = await read(app_id)
        assert "catalog.service_changed.v1" in {each["type"] for each in items}
        assert [slug for slug, service_id in named.items() if service_id in json.dumps(items)] == [app_id]
        assert {each["type"].partition(".")[0] for each in items} <= {"catalog", "subscription", "pack_subscription"}
    assert "subscription.activated.v1" in {each["type"] for each in await read("mail")}
    assert world.acme in {each["tenant_id"] for each in await read("mail")}
    assert await read("sheep") == []


async def test_everybody_reads_their_own_events(
    boss: Any, reseller: Any, acme: Any, world: Any, container: Container, travel: Travel
) -> None:
    await _moves(container, world.acme, "Delft")
    await travel(204)
    assert {each["tenant_id"] for each in (await acme.get("/events"))["items"]} == {world.acme}
    assert {each["partner_id"] for each in (await reseller.get("/events"))["items"]} == {world.reseller}
    activated = await boss.get("/admin/events", types="subscription.activated.v1,invoice.*", tenant_id=world.theirs)
    assert {each["tenant_id"] for each in activated["items"]} == {world.theirs}
    assert "subscription.activated.v1" in {each["type"] for each in activated["items"]}
    assert (await boss.get("/admin/events", partner_id="prt_nobodys"))["items"] == []
    await boss.refused("GET", "/events?types=no.such.v1", 422, "topic_unknown", "/types/0")
    await boss.refused("GET", "/events?after=junk", 422, "cursor_invalid")
    await boss.refused("GET", "/events?limit=0", 422, "limit_invalid", "/limit")


async def test_topics_come_with_schema_and_example(boss: Any, acme: Any, world: Any) -> None:
    found = await boss.get("/admin/webhook-topics")
    assert [each["name"] for each in found["items"]] == list(PUBLIC_TOPICS)
    for each in found["items"]:
        assert set(each["schema"]["required"]) <= each["example"].keys(), each["name"]
    await acme.refused("GET", "/admin/webhook-topics", 403, "forbidden")
