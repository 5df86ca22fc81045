"""The catalogue of topics: what can be subscribed to, with JSON Schema, example, and how an event travels."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from docs.generating.markdown import Page, code, codes, table
from scaicontrol_core.delivery.envelope import AggregateRef, Envelope
from scaicontrol_core.delivery.retry_schedule import WAITS
from scaicontrol_core.delivery.topic import Topic
from scaicontrol_core.delivery.topics import PRIVATE_TOPICS, PUBLIC_TOPICS, TOPICS

_HOUR = 60
_INTRO = """\
What happens is told by signed requests ([webhooks](../features/webhooks.md), and [how to receive
them](../how-to/receive-webhooks.md)) and stands in the feed at `GET /api/v1/events`, both in the same words. The same
catalogue, for programs: `GET /api/v1/admin/webhook-topics` and `scaicontrol admin webhooks topics --json`.
"""
_ENVELOPE = """\
Around every `data` stands the same envelope. `id` is the `webhook-id` of each request that brings the event, replays
included; `idempotency_key` says in words what happened, and is as unique. `aggregate.sequence` counts the events of an
aggregate from 1 without a gap, over all topics; `aggregate.version` is the one it had then. A body of more than
256 KiB comes without its payload: `data` is then `{"omitted": "payload_too_large", "bytes": …}`.
"""
_RULES = """\
New fields may come at any time: ignore those that you do not know. A shape that old receivers could not read gets a
`.v2` beside the `.v1`. Money is in minor units of `currency`, instants are RFC 3339 in UTC, days are the seller's own,
quantities exact texts.
"""
_ROADS = """\
```mermaid
sequenceDiagram
    participant Change as Change
    participant Database
    participant Relay
    participant Sender
    participant Receiver
    Change->>Database: state + event in the outbox (one transaction)
    Relay->>Database: place in the feed, body, one delivery per subscription
    Sender->>Database: claim, under a lease (committed before sending)
    Sender->>Receiver: POST, signed
    alt 2xx or 409
        Receiver-->>Sender: arrived
        Sender->>Database: dispatched
    else 408, 425, 429, 3xx, 5xx, no answer
        Sender->>Database: due again (SCHEDULE)
    else 410
        Sender->>Database: dead, and the subscription is disabled
    else other 4xx
        Sender->>Database: dead
    end
```

A sender that dies after the claim is followed by another one, which sends the same bytes under the same `webhook-id`.

```mermaid
sequenceDiagram
    participant Receiver
    participant Feed as GET /api/v1/events
    Receiver->>Feed: after=cursor that was kept
    Feed-->>Receiver: items, next_cursor, more
    Receiver->>Receiver: apply, and keep next_cursor in the same transaction
    Note over Receiver,Feed: at once while there is more, else a little later
```
"""


def page() -> Page:
    """Return the page."""
    groups: dict[str, list[Topic]] = defaultdict(list)
    for name in (*PUBLIC_TOPICS, *PRIVATE_TOPICS):
        groups[name.partition(".")[0]].append(TOPICS[name])
    rows = [(f"[{code(each.name)}](#{_anchor(each)})", each.description) for name in groups for each in groups[name]]
    return Page(
        name="webhooks.md",
        title="Topics of webhooks",
        source="the registry of topics in the core",
        parts=(
            _INTRO,
            table(("Topic", "When"), rows),
            "## How an event travels",
            _ROADS.replace("SCHEDULE", _schedule()),
            "## Envelope",
            _ENVELOPE,
            _json(_enveloped(TOPICS["subscription.activated.v1"])),
            _RULES,
            *(_group(name, topics) for name, topics in groups.items()),
        ),
    )


def _group(name: str, topics: list[Topic]) -> str:
    return "\n\n".join([f"## {name.replace('_', ' ').capitalize()}", *map(_section, topics)])


def _section(topic: Topic) -> str:
    schema = topic.json_schema()
    fields = [(code(name), _type(kind), kind.get("description", "")) for name, kind in schema["properties"].items()]
    alone = "Goes to the one subscription that it is about; nobody subscribes to it, and the feed leaves it out."
    parts = [
        f"### {topic.name}",
        f"{topic.description} Aggregate: {code(topic.aggregate)}.",
        alone if topic.is_private else "",
        table(("Field of `data`", "Type", ""), fields),
        f"<details><summary>JSON Schema</summary>\n\n{_json(schema)}\n\n</details>",
        f"Example of `data`:\n\n{_json(topic.example_payload())}",
    ]
    return "\n\n".join(part for part in parts if part)


def _type(kind: dict[str, Any]) -> str:
    if "anyOf" in kind:
        return " or ".join(_type(each) for each in kind["anyOf"])
    if "enum" in kind:
        return codes(map(str, kind["enum"]))
    names = kind.get("type", "any")
    plain = " or ".join(names) if isinstance(names, list) else str(names)
    return f"{plain} ({kind['format']})" if "format" in kind else plain


def _enveloped(topic: Topic) -> dict[str, Any]:
    return Envelope(
        id="evt_01HX0W7Q8R9S0T1V2W3X4Y5Z6A",
        type=topic.name,
        timestamp=datetime(2026, 5, 18, 9, 30, tzinfo=UTC),
        idempotency_key="subscription:sub_01HX0W4Z6QJ9V3N5T7R8Y2K4MD:activated:1",
        partner_id="prt_01HX0VY1Z2A3B4C5D6E7F8G9H0",
        tenant_id="tnt_01HX0VX9Y8Z7A6B5C4D3E2F1G0",
        aggregate=AggregateRef("subscription", "sub_01HX0W4Z6QJ9V3N5T7R8Y2K4MD", 1, 1),
        data=topic.example_payload(),
    ).to_dict()


def _schedule() -> str:
    minutes = [int(wait.total_seconds()) // 60 for wait in WAITS]
    return "after " + ", ".join(f"{each // 60} h" if each >= _HOUR else f"{each} min" for each in minutes)


def _anchor(topic: Topic) -> str:
    return topic.name.replace(".", "")


def _json(value: Any) -> str:
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```"
