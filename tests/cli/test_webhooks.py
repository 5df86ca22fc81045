"""Webhooks and events at the command line: somebody is told, looks it up, is sent it again; the feed is followed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.settings import Settings
from scaicontrol_jobs.webhooks import fan_out_events

World = Callable[..., Any]
URL = "https://8.8.8.8/hook"


@pytest.fixture
def webhook(world: World) -> str:
    """Somebody who is told of customers."""
    made = world("admin", "webhooks", "create", URL, "--topic", "tenant.*", "--header", "X-Key: hidden", "--json").json
    assert made["secret"].startswith("whsec_")
    return str(made["webhook"]["id"])


@pytest.fixture
def fan_out(world: World) -> Callable[[], None]:
    """Give all events their places, as a server does."""

    async def run() -> None:
        container = Container.from_settings(Settings.from_environment())
        try:
            while await fan_out_events(container):
                pass
        finally:
            await container.aclose()

    return lambda: asyncio.run(run())


def test_who_is_told_is_listed_changed_and_deleted(world: World, webhook: str) -> None:
    shown = world("admin", "webhooks", "show", webhook, "--json").json
    assert (shown["header_names"], shown["max_in_flight"], shown["ordered"]) == (["X-Key"], 10, True)
    changes = ("--topic", "invoice.*", "--topic", "tenant.*", "--description", "CRM", "--unordered")
    changed = world("admin", "webhooks", "update", webhook, *changes, "--json").json
    assert (changed["topics"], changed["description"], changed["ordered"]) == (["invoice.*", "tenant.*"], "CRM", False)
    assert world("admin", "webhooks", "update", webhook, "--description", "", "--json").json["description"] is None
    stale = world("admin", "webhooks", "update", webhook, "--url", URL, "--expected-version", "1", fails=1)
    assert "[stale_version]" in stale.complaint
    table = world("admin", "webhooks", "list").stdout.splitlines()
    assert table[1].startswith(webhook)
    assert "[confirmation_required]" in world("admin", "webhooks", "delete", webhook, fails=2).complaint
    world("admin", "webhooks", "delete", webhook, "--yes")
    assert world("admin", "webhooks", "list", "--json").json["items"] == []
    assert "[webhook_subscription_not_found]" in world("admin", "webhooks", "show", webhook, fails=1).complaint
    history = world("admin", "webhooks", "history", webhook, "--json").json
    assert history["items"][0]["action"] == "webhook_subscription.deleted"


def test_secrets_are_shown_once(world: World, webhook: str) -> None:
    turned = world("admin", "webhooks", "rotate-secret", webhook, "--yes")
    secret = next(line.split()[1] for line in turned.stdout.splitlines() if line.startswith("secret  whsec"))
    assert secret.startswith("whsec_")
    shown = world("admin", "webhooks", "show", webhook, "--json")
    assert shown.json["secrets"] == 2
    assert "whsec_" not in shown.stdout
    assert "hidden" not in shown.stdout


def test_what_is_wrong_is_said(world: World) -> None:
    here = world("admin", "webhooks", "create", "https://127.0.0.1/", "--topic", "*", fails=2)
    assert "[webhook_url_refused]" in here.complaint
    assert "[topic_unknown]" in world("admin", "webhooks", "create", URL, "--topic", "x.y.v1", fails=2).complaint
    wrong = world("admin", "webhooks", "create", URL, "--topic", "*", "--header", "no colon hidden", fails=2)
    assert "[headers_invalid]" in wrong.complaint
    assert "hidden" not in wrong.stderr


def test_deliveries_are_looked_up_and_sent_again(world: World, webhook: str, fan_out: Callable[[], None]) -> None:
    key = world("admin", "webhooks", "test", webhook, "--json").json["idempotency_key"]
    fan_out()
    (waiting,) = world("admin", "webhooks", "deliveries", webhook, "--key", key, "--json").json["items"]
    assert (waiting["status"], waiting["attempts"], waiting["webhook_id"]) == ("pending", 0, webhook)
    told = world("admin", "webhooks", "delivery", waiting["id"], "--json").json
    assert json.loads(told["body"])["data"]["webhook_subscription_id"] == webhook
    assert "This is a test." in world("admin", "webhooks", "delivery", waiting["id"]).stdout
    pending = world("admin", "webhooks", "replay", waiting["id"], fails=1)
    assert "[webhook_delivery_pending]" in pending.complaint
    world("admin", "webhooks", "disable", webhook, "--yes")
    assert "[webhook_disabled]" in world("admin", "webhooks", "test", webhook, fails=1).complaint
    world("admin", "webhooks", "enable", webhook)
    assert world("admin", "webhooks", "replay-dead", webhook, "--yes", "--json").json == {"deliveries": 0}
    # What waits already is not doubled.
    assert world("admin", "webhooks", "replay-since", webhook, "2020-01-01", "--yes", "--json").json == {
        "deliveries": 0
    }
    assert world("admin", "events", "replay", webhook, "2020-01-01", "--yes").stdout == "0 to be sent once more.\n"


def test_events_are_listed_and_followed(world: World, fan_out: Callable[[], None]) -> None:
    assert world("admin", "events", "list", "--json").json == {"items": [], "next_cursor": None, "more": False}
    fan_out()
    first = world("admin", "events", "list", "--limit", "1", "--json").json
    assert first["more"]
    rest = world("admin", "events", "tail", "--after", first["next_cursor"], "--once", "--json").stdout.splitlines()
    whole = world("admin", "events", "list", "--limit", "200", "--json").json["items"]
    assert [*first["items"], *map(json.loads, rest)] == whole
    one = world("admin", "events", "tail", "--after", first["next_cursor"], "--count", "1").stdout
    assert one.count("\n") == 1
    assert world("admin", "events", "tail", "--once").stdout == ""
    tenants = world("admin", "events", "list", "--type", "tenant.*", "--tenant", "acme", "--json").json["items"]
    assert {each["type"] for each in tenants} == {"tenant.billing_linked.v1"}
    assert "--after" in world("admin", "events", "list", "--limit", "1").stderr
    assert "[topic_unknown]" in world("admin", "events", "list", "--type", "no.such.v1", fails=2).complaint


def test_topics_are_told(world: World) -> None:
    assert "invoice.paid.v1" in world("admin", "webhooks", "topics").stdout
    found = world("admin", "webhooks", "topics", "--json").json["items"]
    assert all(each["schema"]["title"] == each["name"] for each in found)
