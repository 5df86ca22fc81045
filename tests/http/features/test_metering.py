"""Services report usage: one event or thousands, in the forms that they have, each answered for itself."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Any

import pytest

from scaicontrol_adapters.scaikey.development import issue_service_token
from scaicontrol_adapters.settings import Settings
from scaicontrol_http.metering.reading import MAX_BYTES

PATH = "/metering/events"
NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def mail(boss: Any, settings: Settings, world: Any) -> Any:
    """The mail service itself, at the API of a small business."""
    return type(boss)(boss.client, {"Authorization": f"Bearer {issue_service_token(settings, 'mail')}"})


@pytest.fixture
def sent(world: Any) -> Any:
    """Write an event of Acme's."""

    def write(key: str = "k-1", **fields: Any) -> dict[str, Any]:
        usual = {
            "idempotency_key": key,
            "tenant_id": world.acme,
            "metric": "messages",
            "quantity": "3",
            "occurred_at": "2026-01-15T10:00:00+01:00",
        }
        return usual | fields

    return write


def words(answer: Mapping[str, Any]) -> list[str]:
    """Return the outcome of each event in a word."""
    assert answer["accepted"] + answer["duplicates"] + answer["rejected"] == len(answer["events"])
    return [each["reason"] or each["outcome"] for each in answer["events"]]


async def test_one_event_and_its_repeat(mail: Any, sent: Any) -> None:
    first = await mail.post(PATH, sent(), status=202)
    assert first == {
        "accepted": 1,
        "duplicates": 0,
        "rejected": 0,
        "events": [{"idempotency_key": "k-1", "outcome": "accepted", "reason": None, "detail": None}],
    }
    assert words(await mail.post(PATH, sent(quantity=3.0), status=202)) == ["duplicate"]
    conflict = await mail.post(PATH, sent(quantity=4), status=202)
    assert words(conflict) == ["key_conflict"]
    assert "another content" in conflict["events"][0]["detail"]


async def test_a_batch_is_answered_in_its_order(mail: Any, sent: Any, world: Any) -> None:
    batch = [sent("a"), 7, sent("b", tenant_id="tnt_x"), sent("a"), sent("c", tenant_id=world.theirs), sent("d")]
    assert words(await mail.post(PATH, batch, status=202)) == [
        "accepted", "malformed", "unknown_tenant", "duplicate", "accepted", "accepted",
    ]  # fmt: skip
    assert words(await mail.post(PATH, [], status=202)) == []


async def test_json_lines_packed_and_not(mail: Any, sent: Any) -> None:
    lines = b"\n".join([json.dumps(sent("a")).encode(), b"", b"{broken", json.dumps(sent("b")).encode(), b""])
    answer = await mail.send("POST", PATH, content=lines, headers=NDJSON)
    assert (answer.status_code, words(answer.json())) == (202, ["accepted", "malformed", "accepted"])
    packed = gzip.compress(lines[:50]) + gzip.compress(lines[50:])
    answer = await mail.send("POST", PATH, content=packed, headers=NDJSON | {"Content-Encoding": "gzip"})
    assert words(answer.json()) == ["duplicate", "malformed", "duplicate"]


async def test_cloud_events_need_no_change(mail: Any, world: Any) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/gw", "type": "com.example.messages", "subject": world.acme}
    event |= {"time": "2026-01-15T08:00:00Z", "data": {"value": 0.1, "to": "x@y.example"}}
    for media_type, body in (
        ("application/cloudevents+json; charset=utf-8", event),
        ("application/cloudevents-batch+json", [event, event | {"id": "2"}]),
        ("application/json", event | {"id": "3"}),
    ):
        answer = await mail.send("POST", PATH, content=json.dumps(body), headers={"Content-Type": media_type})
        assert answer.status_code == 202
    assert words(await mail.post(PATH, [event | {"id": each} for each in "1234"], status=202)) == [
        "duplicate", "duplicate", "duplicate", "accepted",
    ]  # fmt: skip


async def test_numbers_are_exact_or_refused(mail: Any, sent: Any) -> None:
    numbers = ["0.1", "1e-9", "123456789012345678.123456789", "1E-10", "1e400", "99999999999999999999"]
    lines = "\n".join(
        json.dumps(sent(f"k-{place}")).replace('"quantity": "3"', f'"quantity": {number}')
        for place, number in enumerate(numbers)
    )
    answer = await mail.send("POST", PATH, content=lines, headers=NDJSON)
    assert words(answer.json()) == ["accepted"] * 3 + ["quantity_invalid"] * 3


async def test_a_service_speaks_for_itself_alone(mail: Any, sent: Any, boss: Any, acme: Any, reseller: Any) -> None:
    assert words(await mail.post(PATH, sent(service="keys"), status=202)) == ["not_your_service"]
    assert words(await boss.post(PATH, sent(), status=202)) == ["accepted"]
    for nobody in (acme, reseller):
        await nobody.refused("POST", PATH, 403, "forbidden", json=sent())


async def test_a_token_of_no_service_of_the_catalogue(boss: Any, settings: Settings, sent: Any) -> None:
    headers = {"Authorization": f"Bearer {issue_service_token(settings, 'sheep')}"}
    await type(boss)(boss.client, headers).refused("POST", PATH, 403, "service_unknown", json=sent())


@pytest.mark.parametrize(
    ("content", "sent_as", "status", "code"),
    [
        (b"{", {}, 400, "malformed_json"),
        (b"", {}, 400, "malformed_json"),
        (b"[" * 100_000, {}, 400, "malformed_json"),
        (b"<x/>", {"Content-Type": "text/xml"}, 415, "unsupported_media_type"),
        (b"x", {"Content-Encoding": "br"}, 415, "unsupported_media_type"),
        (b"no gzip", {"Content-Encoding": "gzip"}, 400, "malformed_gzip"),
        (gzip.compress(b"[]", mtime=0)[:-6], {"Content-Encoding": "gzip"}, 400, "malformed_gzip"),
        (gzip.compress(b" " * (MAX_BYTES + 1)), {"Content-Encoding": "gzip"}, 413, "body_too_large"),
        (gzip.compress(b" " * MAX_BYTES) + gzip.compress(b" "), {"Content-Encoding": "gzip"}, 413, "body_too_large"),
        (b" " * (MAX_BYTES + 1), {}, 413, "body_too_large"),
        (b"[" + b"1," * 10_000 + b"1]", {}, 422, "batch_too_large"),
        (b"1\n" * 10_001, NDJSON, 422, "batch_too_large"),
    ],
)
async def test_what_is_no_batch(mail: Any, content: bytes, sent_as: dict[str, str], status: int, code: str) -> None:
    await mail.refused("POST", PATH, status, code, content=content, headers=sent_as)


async def test_a_batch_of_ten_thousand_goes_in_at_once(mail: Any, sent: Any) -> None:
    batch = [sent(f"k-{number}") for number in range(10_000)]
    answer = await mail.post(PATH, batch, status=202)
    assert (answer["accepted"], answer["rejected"]) == (10_000, 0)


async def test_a_tenant_sees_its_own_usage(mail: Any, sent: Any, boss: Any, acme: Any, world: Any) -> None:
    await mail.post(PATH, [sent("a"), sent("b", quantity="0.25")], status=202)
    span = {"start": "2026-01-10", "end": "2026-02-01"}
    (own,) = (await acme.get("/usage", **span))["items"]
    assert (own["metric"], own["used"], own["quota"], own["remaining"]) == ("messages", "3.25", None, None)
    assert own["points"] == [{"at": "2026-01-15", "quantity": "3.25"}]
    asked = await boss.get("/admin/usage", tenant_id=world.acme, by="hour", **span)
    assert asked["items"][0]["points"] == [{"at": "2026-01-15T09:00:00Z", "quantity": "3.25"}]


async def test_usage_is_asked_for_rightly(boss: Any, acme: Any, world: Any) -> None:
    await acme.refused("GET", "/usage?by=decade", 422, "choice_unknown", "/by")
    await acme.refused("GET", "/usage?start=2024-01-01&end=2026-01-01", 422, "span_too_long", "/start")
    await acme.refused("GET", f"/admin/usage?tenant_id={world.acme}", 403, "forbidden")
    await boss.refused("GET", "/admin/usage?tenant_id=tnt_x", 404, "tenant_not_found")
