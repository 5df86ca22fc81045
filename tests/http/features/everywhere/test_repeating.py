"""Sent twice, happened once: every POST that changes something takes an ``Idempotency-Key``.

A new POST is covered by itself, or fails here until it is said why it needs none, or what body it takes.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import reduce
from typing import Any

import pytest
from attrs import evolve, frozen

from scaicontrol_adapters.container import Container
from scaicontrol_core.kernel.idempotency import IdempotencyRecord, StoredAnswer
from scaicontrol_http.idempotency import TOLD_ONCE

Rows = Callable[[], Awaitable[Mapping[str, int]]]
#: Why a POST takes no key.
NO_KEY = {
    "POST /admin/invoices/{invoice_id}/credit-note/preview": "writes nothing",
    "POST /admin/subscriptions/{subscription_id}/change-plan/preview": "writes nothing",
    "POST /subscriptions/{subscription_id}/change-plan/preview": "writes nothing",
    "POST /admin/billing/templates/designer/preview": "writes nothing",
    "POST /admin/billing/templates/designer/validate": "writes nothing",
    "POST /metering/events": "each event has a key of its own, which counts for ninety days",
    "POST /callbacks/scaisend": "each report has an id of its own; whoever sends it has no token",
}
_MONTHLY = {"billing_period": "monthly", "currency": "EUR"}
_MANDATE = {"debtor_name": "Acme", "iban": "NL91ABNA0417164300", "signed_on": "2026-01-02"}
#: Bodies that are taken, where the smallest one is not.
BODIES: dict[str, Any] = {
    "/admin/packs": {"slug": "duo", "name": "Duo", "items": [{"plan": "mail.pro"}, {"plan": "keys.pro"}]} | _MONTHLY,
    "/admin/registry/services/{slug}/plans": {"slug": "new", "name": "New", "tier": "pro", "base_price_cents": 1}
    | _MONTHLY,
    "/admin/subscriptions": {"tenant_id": "{theirs}", "plan_key": "keys.pro"},
    "/admin/packs/{slug}/subscribe": {"tenant_id": "{jones}"},
    "/subscriptions": {"plan_key": "keys.pro"},
    "/admin/tenants": {"name": "Twice"},
    "/admin/webhook-subscriptions": {"url": "https://8.8.8.8/twice", "topics": ["*"]},
    "/admin/tenants/{tenant_id}/payment-methods": _MANDATE | {"mandate_reference": "M-1"},
    "/billing/payment-methods": _MANDATE | {"mandate_reference": "M-2"},
    "/admin/invoices": {"tenant_id": "{acme}", "lines": [{"description": "Once", "unit_price_cents": 100}]},
    "/admin/invoices/{invoice_id}/credit-note": {"reason": "Wrong"},
    "/admin/invoices/{invoice_id}/reissue": {"reason": "Wrong"},
    "/admin/invoices/{invoice_id}/payments": {"amount_cents": 1},
    "/admin/invoices/{invoice_id}/refund": {"amount_cents": 1},
    "/admin/invoices/{invoice_id}/void": {"reason": "Wrong"},
    "/admin/invoices/mark-sent": {"ids": ["{invoice}"]},
    "/admin/subscriptions/bulk": {"action": "suspend", "ids": ["{subscription}"]},
}
#: What is done to an invoice with a number.
_OF_AN_INVOICE = ("/credit-note", "/reissue", "/payments", "/refund", "/mark-paid", "/failed-payments", "/send")
#: What creates or charges, and must have succeeded here once.
ONCE = (
    "/admin/billing/runs",
    "/admin/invoices",
    "/admin/invoices/{invoice_id}/credit-note",
    "/admin/invoices/{invoice_id}/finalize",
    "/admin/invoices/{invoice_id}/payments",
    "/admin/invoices/{invoice_id}/send",
    "/admin/packs",
    "/admin/packs/{slug}/subscribe",
    "/admin/partners",
    "/admin/registry/services/{slug}/plans",
    "/admin/subscriptions",
    "/admin/subscriptions/bulk",
    "/admin/subscriptions/{subscription_id}/change-plan",
    "/admin/tenants",
    "/admin/tenants/{tenant_id}/payment-methods",
    "/billing/payment-methods",
    "/admin/webhook-subscriptions",
    "/admin/webhook-subscriptions/{webhook_id}/rotate-secret",
    "/subscriptions",
)
KEY = {"Idempotency-Key": "k-1"}
KEPT = StoredAnswer(202, "application/json", b'{"kept": true}', {"ETag": '"7"'})


@frozen
class Known:
    """A store that knows every key: with this answer, from the same request or another one."""

    answer: StoredAnswer | None
    same: bool

    async def claim(self, record: IdempotencyRecord) -> IdempotencyRecord:
        """Return what was kept."""
        return evolve(record, request_hash=record.request_hash if self.same else "", answer=self.answer)


@pytest.fixture
def posts(operations: Any, filled: Mapping[str, str], boss: Any, acme: Any) -> list[tuple[Any, str, Any]]:
    """Return every POST that takes a key, with its path filled in, and who may make it."""
    found = []
    for operation in _posts(operations):
        if operation.handler.opt.get("idempotent"):
            values = {name: filled[name] for name in operation.placeholders}
            values |= {"slug": "office"} if "/packs/{slug}" in operation.path else {}
            path = operation.at(**values)
            found.append((operation, path, boss if "/admin" in operation.path else acme))
    return found


def _posts(operations: Any) -> list[Any]:
    return [each for each in operations if each.method == "POST"]


def test_every_post_takes_a_key_or_says_why_not(operations: Any) -> None:
    for operation in _posts(operations):
        takes = bool(operation.handler.opt.get("idempotent"))
        assert takes != (str(operation) in NO_KEY), f"{operation}: let it take a key, or say here why not"
    assert set(NO_KEY) <= {str(each) for each in operations}


def test_no_other_method_takes_one(operations: Any) -> None:
    """What they do is the same however often it is done; ``If-Match`` tells the second from the first."""
    assert not [str(each) for each in operations if each.method != "POST" and each.handler.opt.get("idempotent")]


async def test_a_kept_answer_is_given_again_at_every_route(container: Container, posts: Any, rows: Rows) -> None:
    before = await rows()
    container.idempotency = Known(KEPT, same=True)  # type: ignore[assignment]
    for operation, path, caller in posts:
        answer = await caller.send("POST", path, json=operation.sample(), headers=KEY)
        assert (answer.status_code, answer.content) == (KEPT.status, KEPT.body), f"{operation}: {answer.text}"
        assert (answer.headers["etag"], answer.headers["idempotent-replayed"]) == ('"7"', "true"), operation
    assert len(posts) > 40
    assert await rows() == before


@pytest.mark.parametrize(
    ("known", "status", "code"),
    [
        (Known(KEPT, same=False), 422, "idempotency_key_reused"),
        (Known(None, same=True), 409, "idempotency_in_flight"),
    ],
)
async def test_a_key_that_cannot_be_used_stops_every_route(
    container: Container, posts: Any, rows: Rows, known: Known, status: int, code: str
) -> None:
    before = await rows()
    container.idempotency = known  # type: ignore[assignment]
    for operation, path, caller in posts:
        await caller.refused("POST", path, status, code, json=operation.sample(), headers=KEY)
    assert await rows() == before


def _kept(operation: Any, first: Any) -> bytes:
    """Return what is kept of an answer: all of it, but for what is told once."""
    told_once: tuple[str, ...] = operation.handler.opt.get(TOLD_ONCE, ())
    if not told_once:
        return bytes(first.content)
    told = first.json()
    assert all(told[name] for name in told_once), operation
    return json.dumps(told | dict.fromkeys(told_once), ensure_ascii=False).encode()


async def test_what_creates_or_charges_does_so_once(posts: Any, world: Any, rows: Rows, reseller: Any) -> None:
    done, refused = [], {}
    names = {name: getattr(world, name) for name in ("acme", "jones", "theirs", "invoice", "subscription")}
    for number, (operation, there, caller) in enumerate(posts):
        path = there.replace(world.draft, world.invoice) if operation.path.endswith(_OF_AN_INVOICE) else there
        body = BODIES.get(operation.path, operation.sample())
        body = json.loads(reduce(lambda text, name: text.replace(f"{{{name}}}", names[name]), names, json.dumps(body)))
        headers = {"Idempotency-Key": f"once-{number}"}
        first = await caller.send("POST", path, json=body, headers=headers)
        before = await rows()
        if first.is_success:
            done.append(operation.path)
            again = await caller.send("POST", path, json=body, headers=headers)
            assert (again.status_code, again.content) == (first.status_code, _kept(operation, first)), operation
            assert again.headers["idempotent-replayed"] == "true"
            assert again.headers.get("etag") == first.headers.get("etag")
            assert await rows() == before, operation
            other = await reseller.send("POST", path, json=body, headers=headers)
            assert "idempotent-replayed" not in other.headers, f"{operation}: another's key is another key"
        else:
            refused[operation.path] = first.text
    missed = set(ONCE) - set(done)
    assert not missed, {path: refused[path] for path in missed}
