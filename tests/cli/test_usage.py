"""A file of events goes in once, whatever is wrong with some of its lines."""

from __future__ import annotations

import gzip
import json
import os
import random
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
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
      - {slug: pro, name: Pro, tier: pro, billing_period: monthly, base_price_cents: 5000, currency: EUR}
"""
OFFSETS = (-8, -5, 0, 1, 5.5)


def stream(number: int, seed: int) -> list[dict[str, Any]]:
    """Return events as a busy service sends them: in bursts, with repeats, in disorder, from many time zones."""
    chance = random.Random(seed)
    at, events = datetime(2026, 1, 1, tzinfo=UTC), []
    for count in range(number):
        at += timedelta(seconds=chance.choice((1, 5, 40_000)))
        zone = timezone(timedelta(hours=chance.choice(OFFSETS)))
        events.append(
            {
                "idempotency_key": f"{seed}-{count:06d}",
                "tenant": chance.choice(("acme", "acme", "jones", "nobody")),
                "metric": "api_calls",
                "quantity": str(chance.randint(1, 60)),
                "occurred_at": (at - timedelta(hours=chance.choice((0, 0, 0, 50)))).astimezone(zone).isoformat(),
            }
        )
    repeated = [*events, *chance.sample(events, number // 8)]
    return sorted(repeated, key=lambda event: (event["occurred_at"][:7], chance.random()))


@pytest.fixture
def office(world: Any, home: Path) -> Any:
    """The small business, its service with a metric, and Acme's subscription since 31 January."""
    (home / "metered.yaml").write_text(CATALOGUE)
    world("admin", "catalog", "import", str(home / "metered.yaml"))
    world("admin", "subscriptions", "create", "acme", "keys.pro", "--start-date", "2026-01-31")
    return world


def expected(events: list[dict[str, Any]]) -> Counter[str]:
    """Say what must become of each event, worked out from the stream alone."""
    start, seen, counts = datetime(2026, 1, 30, 23, tzinfo=UTC), set(), Counter[str]()
    for event in events:
        if event["tenant"] == "nobody":
            counts["unknown_tenant"] += 1
        elif event["tenant"] == "jones" or datetime.fromisoformat(event["occurred_at"]) < start:
            counts["no_subscription"] += 1
        else:
            counts["duplicate" if event["idempotency_key"] in seen else "accepted"] += 1
            seen.add(event["idempotency_key"])
    return counts


def test_every_event_of_a_file_is_accounted_for(office: Any, home: Path) -> None:
    events = stream(400, seed=7)
    file = home / "usage.ndjson.gz"
    file.write_bytes(gzip.compress("".join(json.dumps(event) + "\n" for event in events).encode()))
    wanted = expected(events)
    rejected = {reason: wanted[reason] for reason in ("no_subscription", "unknown_tenant")}
    first = office("admin", "usage", "ingest", str(file), "--backfill", "--json", fails=1).json
    assert first == {
        "events": 450,
        "accepted": wanted["accepted"],
        "duplicates": wanted["duplicate"],
        "rejected": rejected,
    }
    assert wanted["accepted"] > 50
    again = office("admin", "usage", "ingest", str(file), "--backfill", "--json", fails=1).json
    known = wanted["accepted"] + wanted["duplicate"]
    assert again == {"events": 450, "accepted": 0, "duplicates": known, "rejected": rejected}


def test_rejected_lines_are_written_down(office: Any, home: Path) -> None:
    good = stream(1, seed=1)[0] | {"tenant": "acme", "occurred_at": "2026-02-01T12:00:00+01:00", "quantity": 0.5}
    lines = [json.dumps(good), "", "{", json.dumps(good | {"quantity": 0.25}), "[]"]
    (home / "usage.ndjson").write_text("\n".join(lines))
    told = office("admin", "usage", "ingest", "usage.ndjson", "--backfill", "--rejects", "rejects.ndjson", fails=1)
    assert "accepted" in told.stdout
    assert "key_conflict" in told.stdout
    rejects = [json.loads(line) for line in (home / "rejects.ndjson").read_text().splitlines()]
    assert [(each["line"], each["reason"]) for each in rejects] == [
        (3, "malformed"),
        (4, "key_conflict"),
        (5, "malformed"),
    ]


def test_a_file_without_a_fault_ends_well(office: Any, home: Path) -> None:
    event = stream(1, seed=1)[0] | {"tenant": "acme", "occurred_at": "2026-02-01T12:00:00+01:00"}
    (home / "usage.ndjson").write_text(json.dumps(event))
    late = office("admin", "usage", "ingest", "usage.ndjson", "--json", fails=1).json
    assert late["rejected"] == {"too_late": 1}
    assert office("admin", "usage", "ingest", "usage.ndjson", "--backfill", "--json").json["accepted"] == 1


def test_a_pipe_is_read_as_a_file_is_packed_or_not(office: Any) -> None:
    events = stream(16, seed=3)
    wanted = expected(events)["accepted"]
    text = "".join(json.dumps(event) + "\n" for event in events).encode()
    for content, accepted in ((gzip.compress(text), wanted), (text, 0)):
        reading, writing = os.pipe()
        with open(writing, "wb") as end:  # noqa: PTH123 - it has no path
            end.write(content)  # less than a pipe holds
        told = office("admin", "usage", "ingest", f"/dev/fd/{reading}", "--backfill", "--json", fails=1).json
        os.close(reading)
        assert (told["events"], told["accepted"]) == (len(events), accepted)


def test_what_was_used_is_shown(office: Any, home: Path) -> None:
    event = stream(1, seed=1)[0] | {"tenant": "acme", "quantity": 7.5, "occurred_at": "2026-02-01T12:00:00+01:00"}
    (home / "usage.ndjson").write_text(json.dumps(event))
    office("admin", "usage", "ingest", "usage.ndjson", "--backfill")
    span = ("--start", "2026-01-01", "--end", "2026-04-01", "--by", "month")
    (shown,) = office("admin", "usage", "show", "acme", *span, "--json").json["items"]
    assert shown["points"] == [{"at": "2026-02-01", "quantity": "7.5"}]
    assert (shown["plan_key"], shown["metric"], shown["quota"]) == ("keys.pro", "api_calls", None)
    assert "unlimited" in office("admin", "usage", "show", "acme").stdout


def test_usage_is_summed_up_anew(office: Any, home: Path) -> None:
    event = stream(1, seed=1)[0] | {"tenant": "acme", "occurred_at": "2026-02-01T12:00:00+01:00"}
    (home / "usage.ndjson").write_text(json.dumps(event))
    office("admin", "usage", "ingest", "usage.ndjson", "--backfill")
    assert office("admin", "usage", "rebuild", "--json").json == {"subscriptions": 1, "events": 1}
    assert "subscriptions" in office("admin", "usage", "rebuild").stdout


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\x1f\x8bbroken", "malformed_gzip"),
        (gzip.compress(b"{}\n" * 9, mtime=0)[:-9], "malformed_gzip"),
        (None, "unreadable"),
    ],
)
def test_what_is_no_file_is_told(office: Any, home: Path, content: bytes | None, code: str) -> None:
    if content is not None:
        (home / "usage.ndjson").write_bytes(content)
    refused = office("admin", "usage", "ingest", "usage.ndjson", fails=2)
    assert code in refused.complaint


def test_an_endless_line_is_not_read_to_its_end(office: Any, home: Path) -> None:
    (home / "usage.ndjson").write_bytes(b"x" * 100_000)
    assert "line_too_long" in office("admin", "usage", "ingest", "usage.ndjson", fails=2).complaint
