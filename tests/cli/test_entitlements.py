"""The operator sees what a service is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

CATALOGUE = """
services:
  - slug: keys
    app_id: keys
    name: Keys
    metrics: [{slug: api_calls, aggregation: sum, unit: call}]
    plans:
      - slug: pro
        name: Pro
        tier: pro
        billing_period: monthly
        base_price_cents: 5000
        currency: EUR
        quotas: {api_calls: 100, seats: 5}
  - slug: mute
    app_id: mute
    name: Mute
    plans:
      - {slug: pro, name: Pro, tier: pro, billing_period: monthly, base_price_cents: 5000, currency: EUR}
"""


@pytest.fixture
def office(world: Any, home: Path) -> Any:
    """Acme has a hundred calls a month, of which it made eighty today; and a service that counts nothing."""
    (home / "metered.yaml").write_text(CATALOGUE)
    world("admin", "catalog", "import", str(home / "metered.yaml"))
    for plan in ("keys.pro", "mute.pro"):
        world("admin", "subscriptions", "create", "acme", plan)
    event = {"idempotency_key": "a", "tenant": "acme", "metric": "api_calls", "quantity": 80}
    (home / "usage.ndjson").write_text(json.dumps(event | {"occurred_at": datetime.now(UTC).isoformat()}))
    world("admin", "usage", "ingest", "usage.ndjson", "--backfill")
    world("admin", "jobs", "run", "usage")
    return world


def test_what_a_tenant_may_use(office: Any) -> None:
    keys, mute = office("admin", "entitlements", "show", "acme", "--json").json["items"]
    assert (keys["service"], keys["entitled"], keys["reason"]) == ("keys", True, None)
    (subscription,) = keys["subscriptions"]
    assert (subscription["plan_key"], subscription["limits"]) == ("keys.pro", {"seats": 5})
    (metric,) = subscription["metrics"]
    assert (metric["used"], metric["quota"], metric["remaining"], metric["reached"]) == ("80", 100, "20", [80])
    assert mute["subscriptions"][0]["metrics"] == []
    table = office("admin", "entitlements", "show", "acme").stdout
    assert "api_calls" in table
    assert "80 %" in table
    assert "mute" in table


def test_of_one_service(office: Any) -> None:
    assert "no: no_subscription" in office("admin", "entitlements", "show", "jones", "keys").stdout
    assert office("admin", "entitlements", "show", "jones", "--json").json["items"] == []
    told = office("admin", "entitlements", "show", "acme", "nothing", fails=1)
    assert "nothing" in told.stderr


def test_thresholds_stand_beside_the_usage(office: Any) -> None:
    (shown, *_) = office("admin", "usage", "show", "acme", "--json").json["items"]
    assert [each["percent"] for each in shown["reached"]] == [80]
    assert "80 %" in office("admin", "usage", "show", "acme").stdout
