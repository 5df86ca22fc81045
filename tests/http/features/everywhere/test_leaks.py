"""Nobody gets anything of anybody else's: every route with an id in its path, and every list.

The routes are those the application has: a new one is covered by itself, or fails here until it
is said whose the ids in its path are.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

#: Placeholders that belong to nobody: the catalogue is everyone's, and gated by permission.
NOBODYS = {"slug", "plan", "service", "use_case"}
#: What must be said beside the path for there to be an answer.
QUERIES = {"/einvoice": {"format": "ubl"}}
#: Lists that are always of one customer.
OF_A_TENANT = {"/admin/usage"}
#: What may only be seen by the reseller, its customer and the platform.
THEIRS = ("RSL-", "Reseller", "Theirs", "DE136695976")


@pytest.fixture
def ids(
    world: Any,
    their_pack: str,
    their_payment: str,
    their_method: str,
    their_people: Mapping[str, str],
    their_webhook: Mapping[str, str],
) -> dict[str, tuple[str, ...]]:
    """Whose ids to try: all of them the reseller's or its customer's, but for the operator's own run."""
    return {
        "tenant_id": (world.theirs,),
        "partner_id": (world.reseller,),
        "seller_id": (world.reseller,),
        "subscription_id": (world.their_subscription,),
        "invoice_id": (world.their_draft, world.their_invoice),
        "send_id": (world.their_send,),
        "template_id": (world.their_template,),
        "asset_id": (world.their_asset,),
        "run_id": (world.run,),
        "pack_subscription_id": (their_pack,),
        "payment_id": (their_payment,),
        "payment_method_id": (their_method,),
        **{name: (key,) for name, key in {**their_people, **their_webhook}.items()},
    }


@pytest.fixture
async def rival(boss: Any, headers: Callable[..., dict[str, str]], world: Any) -> Any:
    """The administrator of another reseller."""
    other = await boss.post("/admin/partners", {"name": "Rival"}, status=201)
    return type(boss)(boss.client, headers("partner_admin", partner_id=other["id"]))


def _with_ids(operations: Any, ids: dict[str, tuple[str, ...]]) -> list[tuple[Any, str]]:
    """Return every operation that names somebody's thing, with its path filled in, for each such thing."""
    found = []
    for operation in operations:
        unknown = set(operation.placeholders) - NOBODYS - ids.keys()
        assert not unknown, f"{operation}: say in this test whose {unknown} is"
        owned = [name for name in operation.placeholders if name in ids]
        for choice in range(max((len(ids[name]) for name in owned), default=0)):
            values = {name: ids[name][choice] if name in ids else "mail" for name in operation.placeholders}
            found.append((operation, operation.at(**values)))
    return found


def _query(operation: Any) -> dict[str, str]:
    return next((query for end, query in QUERIES.items() if operation.path.endswith(end)), {})


def _nothing_of_theirs(text: str, ids: dict[str, tuple[str, ...]], asked_for: str) -> None:
    marks = [*THEIRS, *(one for each in ids.values() for one in each if one not in asked_for)]
    assert not [mark for mark in marks if mark in text], text


@pytest.mark.parametrize("who", ["acme", "rival"])
async def test_a_foreign_id_is_not_there(
    request: pytest.FixtureRequest,
    operations: Any,
    ids: dict[str, tuple[str, ...]],
    acme: Any,
    rival: Any,
    who: str,
    rows: Callable[[], Awaitable[Mapping[str, int]]],
) -> None:
    caller = {"acme": acme, "rival": rival}[who]
    tried = _with_ids(operations, ids)
    assert len(tried) > 20
    before = await rows()
    for operation, path in tried:
        answer = await caller.send(operation.method, path, json=operation.sample())
        assert answer.status_code in {403, 404}, f"{operation}: {answer.status_code} {answer.text}"
        assert answer.headers["content-type"] == "application/problem+json"
        _nothing_of_theirs(answer.text, ids, path)
    assert await rows() == before


async def test_the_same_requests_reach_their_owner(
    operations: Any, ids: dict[str, tuple[str, ...]], boss: Any, reseller: Any, stranger: Any, packed: Any
) -> None:
    """Without this, a wrong path or body would pass for a refusal. What deletes comes last."""
    for operation, path in sorted(_with_ids(operations, ids), key=lambda each: each[0].method == "DELETE"):
        answers = []
        for caller in (stranger, packed, reseller, boss):
            answers.append(await caller.send(operation.method, path, json=operation.sample(), params=_query(operation)))
            if answers[-1].status_code not in {403, 404}:
                break
        last = answers[-1]
        assert last.status_code not in {403, 404, 405, 415}, f"{operation}: {last.text}"
        assert b'"code":"invalid_body"' not in last.content, f"{operation}: {last.text}"


async def test_customers_have_no_business_below_admin(
    operations: Any, acme: Any, world: Any, rows: Callable[[], Awaitable[Mapping[str, int]]]
) -> None:
    """Not even with their own things: there, bodies can set and answers show what is not for them."""
    own = {"tenant_id": world.acme, "partner_id": world.operator, "subscription_id": world.subscription}
    own |= {"invoice_id": world.invoice, "run_id": world.run, "slug": "mail", "plan": "pro", "send_id": "snd_1"}
    own |= {"template_id": "tpl_1", "asset_id": "ast_1", "pack_subscription_id": "psu_1"}
    own |= {
        "user_id": "usr_1",
        "group_id": "grp_1",
        "role_id": "rol_1",
        "payment_id": "pay_1",
        "payment_method_id": "pmd_1",
        "webhook_id": "whs_1",
        "delivery_id": "whd_1",
        "use_case": "ListTenants",
    }
    administrative = [each for each in operations if each.path.startswith("/admin/")]
    assert len(administrative) > 25
    before = await rows()
    for operation in administrative:
        path = operation.at(**{name: own[name] for name in operation.placeholders})
        await acme.refused(operation.method, path, 403, "forbidden", json=operation.sample())
    assert await rows() == before


@pytest.mark.parametrize("who", ["acme", "rival"])
async def test_lists_show_nothing_of_others_however_they_are_asked(
    operations: Any, ids: dict[str, tuple[str, ...]], acme: Any, rival: Any, who: str
) -> None:
    caller = {"acme": acme, "rival": rival}[who]
    lists = [each for each in operations if each.method == "GET" and not each.placeholders and not each.is_public]
    assert len(lists) >= 8
    for operation in lists:
        needed = {"period": "2026-Q1"} if "period" in operation.query else {}
        needed |= {"tenant_id": ids["tenant_id"][0]} if operation.path in OF_A_TENANT else {}
        named = [needed | {name: ids[name][0]} for name in sorted(operation.query & ids.keys())]
        queries: list[dict[str, str]] = [needed, *named]
        for query in queries:
            answer = await caller.send("GET", operation.path, params=query)
            assert answer.status_code in {200, 403, 404}, f"{operation}: {answer.text}"
            _nothing_of_theirs(answer.text, ids, str(query))


async def test_nobody_without_a_token_gets_past_the_door(operations: Any, anybody: Any) -> None:
    closed = [each for each in operations if not each.is_public]
    assert len(closed) > 30
    for operation in closed:
        path = operation.at(**dict.fromkeys(operation.placeholders, "x"))
        await anybody.refused(operation.method, path, 401, "token_missing", content=b"{not json")


def test_only_what_is_meant_to_be_public_is(operations: Any) -> None:
    assert {str(each) for each in operations if each.is_public} == {
        "GET /auth/config",
        "GET /catalog/services",
        "GET /catalog/services/{slug}",
        "GET /catalog/services/{slug}/plans",
        "GET /catalog/packs",
        "POST /callbacks/scaisend",
    }
