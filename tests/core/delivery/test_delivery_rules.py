"""What webhooks are made of: signatures, envelopes, terms, waits and answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
import svix
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.delivery.envelope import MOST_BODY_BYTES, AggregateRef, Envelope
from scaicontrol_core.delivery.outcome import Answer, ErrorClass, Verdict, error_class, verdict
from scaicontrol_core.delivery.retry_schedule import JITTER_STEPS, WAITS, wait_after
from scaicontrol_core.delivery.sharing import shares
from scaicontrol_core.delivery.signature import SignatureWrong, key_of, secret_of, signatures, verify
from scaicontrol_core.delivery.webhook_subscription import KeptHeaders, WebhookSubscription
from scaicontrol_core.delivery.webhook_terms import WebhookChanges, WebhookTerms
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.ids import WebhookSubscriptionId

NOW = datetime(2026, 5, 18, 9, 30, tzinfo=UTC)
KEYS = st.binary(min_size=24, max_size=64)


@given(KEYS, KEYS, st.binary(max_size=2000), st.from_regex(r"\Aevt_[0-9A-Z]{26}\Z"))
def test_every_key_verifies_what_was_signed_with_all_of_them(one: bytes, two: bytes, body: bytes, key: str) -> None:
    at = int(NOW.timestamp())
    header = signatures([one, two], key, at, body)
    for each in (one, two):
        verify([each], header, key, at, body, now=at + 299)
    for wrong in ((key + "x", at, body), (key, at + 1, body), (key, at, body + b"!")):
        with pytest.raises(SignatureWrong):
            verify([one, two], header, *wrong, now=at)
    with pytest.raises(SignatureWrong):
        verify([one], header, key, at, body, now=at + 301)
    with pytest.raises(SignatureWrong):
        verify([one], "v1a,abc nonsense", key, at, body, now=at)


@given(KEYS, st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_libraries_of_others_verify_any_text(key: bytes, text: str) -> None:
    now = int(datetime.now(UTC).timestamp())
    body = json.dumps({"type": "x", "data": {"text": text}}, ensure_ascii=False).encode()
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(now)}
    headers["webhook-signature"] = signatures([b"o" * 32, key], "evt_1", now, body)
    standardwebhooks.Webhook(secret_of(key)).verify(body, headers)
    svix.Webhook(secret_of(key)).verify(body, headers)


@given(KEYS)
def test_a_secret_reads_back_as_its_key(key: bytes) -> None:
    assert key_of(secret_of(key)) == key


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_plain-secret!", "c2VjcmV0" * 8, "whsec_" + "c2VjcmV0", "whsec_" + "QUJD" * 30, "whsec_é"],
)
def test_what_is_no_real_base64_of_enough_bytes_is_no_secret(secret: str) -> None:
    with pytest.raises(Invalid) as refused:
        key_of(secret)
    assert "plain" not in str(refused.value)


def test_an_id_with_a_dot_is_never_signed_nor_a_short_key_given_out() -> None:
    with pytest.raises(ValueError, match="dot"):
        signatures([b"k" * 32], "evt.1", 1, b"")
    with pytest.raises(ValueError, match="24"):
        secret_of(b"short")


def envelope(payload: dict[str, Any]) -> Envelope:
    return Envelope(
        id="evt_1",
        type="subscription.activated.v1",
        timestamp=NOW,
        idempotency_key="subscription:sub_1:activated:1",
        partner_id="prt_1",
        tenant_id=None,
        aggregate=AggregateRef("subscription", "sub_1", 7, 3),
        data=payload,
    )


def test_an_envelope_is_what_receivers_were_promised() -> None:
    assert json.loads(envelope({"plan_key": "scaikey.pro"}).body()) == {
        "id": "evt_1",
        "type": "subscription.activated.v1",
        "timestamp": "2026-05-18T09:30:00Z",
        "idempotency_key": "subscription:sub_1:activated:1",
        "partner_id": "prt_1",
        "tenant_id": None,
        "aggregate": {"type": "subscription", "id": "sub_1", "version": 7, "sequence": 3},
        "data": {"plan_key": "scaikey.pro"},
    }


@given(st.text(max_size=100))
def test_any_text_is_utf_8_on_the_wire(text: str) -> None:
    told = json.loads(envelope({"name": text}).body().decode("utf-8"))
    if text.isprintable():
        assert told["data"]["name"] == text


def test_what_is_too_large_says_so_instead() -> None:
    body = envelope({"text": "x" * MOST_BODY_BYTES}).body()
    assert len(body) < 1000
    assert json.loads(body)["data"]["omitted"] == "payload_too_large"
    assert json.loads(body)["aggregate"]["id"] == "sub_1"


@given(st.integers(1, 6), st.integers(0, JITTER_STEPS - 1), st.none() | st.timedeltas(timedelta(), timedelta(days=9)))
def test_waits_are_blurred_by_a_fifth_and_patience_has_bounds(attempts: int, jitter: int, asked: Any) -> None:
    usual = WAITS[attempts - 1]
    wait = wait_after(attempts, jitter, asked)
    assert wait is not None
    assert usual * 0.8 <= wait <= max(usual * 1.2, timedelta(days=1))
    if asked is not None:
        assert wait >= min(asked, timedelta(days=1))


def test_after_the_seventh_attempt_there_is_none() -> None:
    assert wait_after(7, 0, timedelta(hours=1)) is None
    middle = JITTER_STEPS // 2
    waits = [wait_after(attempt, middle) for attempt in range(1, 7)]
    assert sum((each for each in waits if each), timedelta()) == timedelta(hours=38, minutes=36)
    with pytest.raises(ValueError, match="jitter"):
        wait_after(1, JITTER_STEPS)


@given(st.integers(100, 599))
def test_every_status_means_one_thing(status: int) -> None:
    judged = verdict(Answer(latency_ms=1, status=status))
    arrived = 200 <= status < 300 or status == 409
    assert (judged is Verdict.ARRIVED) == arrived
    assert (judged is Verdict.GONE) == (status == 410)
    assert (error_class(Answer(latency_ms=1, status=status)) is None) == arrived
    assert (judged is Verdict.NEVER) == (400 <= status < 500 and status not in (408, 409, 410, 425, 429))


def test_errors_of_the_network_are_tried_again_and_our_own_are_no_attempts() -> None:
    for error in ErrorClass:
        judged = verdict(Answer(latency_ms=1, error=error))
        assert judged is (Verdict.UNSENT if error is ErrorClass.SECRETS else Verdict.RETRY)
    assert error_class(Answer(latency_ms=1)) is ErrorClass.FAULT


@given(st.dictionaries(st.integers(), st.integers(-1, 30), max_size=20), st.integers(0, 100), st.integers(0, 19))
def test_room_is_shared_evenly_and_used_up(free: dict[int, int], capacity: int, first: int) -> None:
    given_out = shares(free, capacity, first)
    room = {key: count for key, count in free.items() if count > 0}
    assert all(1 <= count <= room[key] for key, count in given_out.items())
    assert sum(given_out.values()) == min(capacity, sum(room.values()))
    for key, count in given_out.items():
        others = [given_out.get(other, 0) for other in room if other != key and given_out.get(other, 0) < room[other]]
        assert all(count - other <= max(1, capacity // max(1, len(room))) for other in others)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "https://",
        "https:///path",
        "https://user:pass@example.com/",
        "https://example.com@evil.example/",
        "https://example.com/#here",
        "https://example.com:0/",
        "https://example.com:70000/",
        "https://exam ple.com/",
        "https://example.com\\@evil.example/",
        "https://bücher.example/",
        "https://example.com/ü",
        "https://[::1",
        "//example.com/",
        "https://example.com/\r\nx: y",
        "https://" + "a" * 2100,
        "",
        None,
        7,
    ],
)
def test_what_two_parsers_could_read_differently_is_no_url(url: Any) -> None:
    with pytest.raises(Invalid) as refused:
        WebhookTerms(url=url, topics=("*",))
    assert [each.pointer for each in refused.value.fields] == ["/url"]


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"Webhook-Signature": "v1,x"},
        {"X-ScaiControl-Event": "y"},
        {"host": "evil.example"},
        {"a b": "c"},
        {"x": "a\r\nb: c"},
        {"x": "é"},
        {"x": ""},
        {"x": "1", "X": "2"},
        {"x": "y" * 1025},
        {f"x{number}": "y" for number in range(21)},
        ["x"],
    ],
)
def test_headers_that_change_the_message_are_refused_and_values_never_repeated(headers: Any) -> None:
    with pytest.raises(Invalid) as refused:
        WebhookTerms(url="https://example.com/", topics=("*",), headers=headers)
    assert "yyyyyyyy" not in str(refused.value)
    assert all(each.pointer.startswith("/headers") for each in refused.value.fields)


def test_all_that_is_wrong_is_said_at_once_and_changes_are_checked_too() -> None:
    with pytest.raises(Invalid) as refused:
        WebhookTerms(url="x", topics=("nonsense",), owner_email="nobody", max_in_flight=0, ordered="no")  # type: ignore[arg-type]
    assert {each.pointer for each in refused.value.fields} == {
        "/url",
        "/topics/0",
        "/owner_email",
        "/max_in_flight",
        "/ordered",
    }
    terms = WebhookTerms(url="https://example.com/a", topics=("*",), headers={"x": "secret"})
    assert terms.amended(WebhookChanges()) == terms
    assert terms.amended(WebhookChanges(ordered=False, description="d")).description == "d"
    with pytest.raises(Invalid):
        terms.amended(WebhookChanges(topics=()))
    shown = json.dumps(terms.for_audit()) + repr(terms)
    assert "secret" not in shown.replace("secret_overlap_hours", "")
    assert "/a" not in json.dumps(terms.for_audit())
    assert terms.host == "example.com"


def test_the_log_names_headers_and_says_that_they_were_given_anew() -> None:
    now = datetime(2026, 5, 18, 9, 30, tzinfo=UTC)
    it = WebhookSubscription(
        id=WebhookSubscriptionId("whs_1"),
        partner_id=None,
        terms=WebhookTerms(url="https://example.com/a", topics=("*",), headers={"authorization": "Bearer old"}),
        secrets=(),
        created_at=now,
        updated_at=now,
    )
    it.amend(WebhookChanges(), now, KeptHeaders("webhooks/whs_1/hdr_1", ("authorization",)))
    it.amend(WebhookChanges(), now, KeptHeaders("webhooks/whs_1/hdr_2", ("authorization", "x-team")))
    it.amend(WebhookChanges(), now, None)
    told = [each.changes["headers"] for each in it.collect_events()]
    assert [after for _, after in told] == [
        {"authorization": "hdr_1"},
        {"authorization": "hdr_2", "x-team": "hdr_2"},
        {},
    ]
    assert "old" not in json.dumps(told)
    assert it.terms.headers == {}
