"""Nobody gets anything of anybody else's by calling a use case by name, whatever they write into it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from typing import Any

import attrs
import pytest

from scaicontrol_adapters.calling import Call
from scaicontrol_adapters.scaikey.development import issue_service_token
from scaicontrol_adapters.serialization import WITHHELD
from scaicontrol_adapters.settings import Settings
from scaicontrol_http.calls.offered import offered
from tests.services.call_arguments import Arguments, classes_within, types_within

THEIRS = ("RSL-", "Reseller", "Theirs", "DE136695976")
Rows = Callable[[], Awaitable[Mapping[str, int]]]


@pytest.fixture
def arguments(
    world: Any,
    their_pack: str,
    their_method: str,
    their_webhook: Mapping[str, str],
    their_people: Mapping[str, str],
) -> Arguments:
    """Arguments whose every id is the reseller's or its customer's."""
    return Arguments(
        {
            "TenantId": world.theirs,
            "PartnerId": world.reseller,
            "SubscriptionId": world.their_subscription,
            "PackSubscriptionId": their_pack,
            "InvoiceId": world.their_invoice,
            "SendId": world.their_send,
            "TemplateId": world.their_template,
            "AssetId": world.their_asset,
            "RunId": world.run,
            "PaymentMethodId": their_method,
            "UserId": their_people["user_id"],
            "GroupId": their_people["group_id"],
            "RoleId": their_people["role_id"],
            "WebhookSubscriptionId": their_webhook["webhook_id"],
            "WebhookDeliveryId": their_webhook["delivery_id"],
        }
    )


@pytest.fixture
async def rival(boss: Any, headers: Callable[..., dict[str, str]], world: Any) -> Any:
    """The administrator of another reseller."""
    other = await boss.post("/admin/partners", {"name": "Rival"}, status=201)
    return type(boss)(boss.client, headers("partner_admin", partner_id=other["id"]))


async def call(caller: Any, name: str, arguments: Mapping[str, Any], **changes: Any) -> Any:
    body = {"version": version("scaicontrol"), "arguments": arguments} | changes
    return await caller.send("POST", f"/admin/calls/{name}", json=body)


async def test_a_rival_gets_nothing_by_any_call(arguments: Arguments, rival: Any, rows: Rows) -> None:
    before = await rows()
    answers = {}
    for name, use_case in offered().items():
        given = arguments.of(use_case)
        answer = await call(rival, name, given)
        answers[name] = answer.status_code
        assert answer.status_code < 500, f"{name}: {answer.text}"
        named = [each for each in arguments.ids.values() if each not in str(given)]
        shown = [mark for mark in (*THEIRS, *named) if mark in answer.text]
        assert not shown, f"{name}: {answer.text}"
        assert await rows() == before, f"{name} wrote something: {answer.text}"
    assert sum(1 for status in answers.values() if status in {403, 404}) > 70, answers


async def test_the_same_calls_reach_their_owner(arguments: Arguments, boss: Any) -> None:
    """Without this, arguments that mean nothing would pass for a refusal."""
    unread = []
    deleting_last = sorted(offered().items(), key=lambda each: each[0].startswith("Delete"))
    for name, use_case in deleting_last:
        answer = await call(boss, name, arguments.of(use_case))
        if answer.status_code in {403, 404} or '"invalid_body"' in answer.text:
            unread.append((name, answer.status_code, answer.text[:300]))
    assert unread == [], [each[0] for each in unread]


@pytest.mark.parametrize("who", ["acme", "service"])
async def test_neither_customers_nor_services_call_anything(
    arguments: Arguments, acme: Any, settings: Settings, who: str, rows: Rows
) -> None:
    token = issue_service_token(settings, "mail")
    caller = acme if who == "acme" else type(acme)(acme.client, {"Authorization": f"Bearer {token}"})
    before = await rows()
    for name, use_case in offered().items():
        answer = await call(caller, name, arguments.of(use_case))
        assert answer.status_code == 403, f"{name}: {answer.text}"
    assert await rows() == before


async def test_what_is_not_offered_is_not_there(boss: Any) -> None:
    for name in ("ReapSubscriptions", "RenderDocument", "IngestMailReports", "object", "__init__", "Actor"):
        await boss.refused(
            "POST",
            f"/admin/calls/{name}",
            404,
            "call_not_found",
            json={"version": version("scaicontrol"), "arguments": {}},
        )


async def test_another_version_is_told(boss: Any) -> None:
    await boss.refused(
        "POST", "/admin/calls/ListTenants", 409, "version_mismatch", json={"version": "0.0.1", "arguments": {}}
    )


async def test_arguments_are_read_strictly(boss: Any, rows: Rows) -> None:
    async def refused(name: str, pointer: str, **arguments: Any) -> None:
        body = {"version": version("scaicontrol"), "arguments": arguments}
        await boss.refused("POST", f"/admin/calls/{name}", 422, "invalid_body", pointer, json=body)

    before = await rows()
    page = {"limit": 5, "cursor": None, "page": None, "sort": None}
    await refused("ListTenants", "/arguments/request")
    await refused("ListTenants", "/arguments/no_such", request=page, no_such=1)
    await refused("ListTenants", "/arguments/request/limit", request=page | {"limit": "5"})
    await refused("ListTenants", "/arguments/request/limit", request=page | {"limit": True})
    await refused("ListTenants", "/arguments/request", request=page | {"more": 1})
    await refused("CreateTenant", "/arguments/wanted/name", wanted={"name": None})
    await refused("CreateTenant", "/arguments/wanted/collection_method", wanted={"name": "x", "collection_method": "y"})
    await refused("CreateTenant", "/arguments/actor", actor={}, wanted={"name": "x"})
    await refused(
        "RunBilling", "/arguments/on_progress", month={"start": "2026-01-01", "end": "2026-02-01"}, on_progress=1
    )
    assert await rows() == before


async def test_constructors_speak_for_themselves(boss: Any) -> None:
    body = {"version": version("scaicontrol"), "arguments": {"request": {"limit": 0}}}
    problem = await boss.refused("POST", "/admin/calls/ListTenants", 422, "limit_invalid", "/limit", json=body)
    assert problem["errors"][0]["message"]


async def test_a_call_with_a_key_takes_effect_once(boss: Any, world: Any) -> None:
    body = {"version": version("scaicontrol"), "arguments": {"wanted": {"name": "Once"}}}
    key = {"Idempotency-Key": "k1"}
    first, again = [await boss.send("POST", "/admin/calls/CreateTenant", json=body, headers=key) for _ in range(2)]
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"


def test_nobody_brings_rights_of_their_own() -> None:
    """What a use case checks must not come with the call, but for what it compares with what it knows."""
    rights = {"Permission", "Role", "Scope", "Actor", "ActorKind"}
    compared = {  # a subject it knows; a filter; what a role is made of
        "ReadHistory": {"Permission"},
        "ReadAuditLog": {"ActorKind"},
        "CreateRole": {"Permission"},
        "UpdateRole": {"Permission"},
    }
    for name, use_case in offered().items():
        parameters = Call.of(use_case).parameters.values()
        met = {kind for each in parameters for kind in types_within(each.annotation)}
        assert met & rights <= compared.get(name, set()), name


def test_nobody_says_whose_request_it_was_nor_keeps_others_out() -> None:
    ours = {"request_id", "lease", "lease_owner", "lease_until", "user_id", "occurred_at_server"}
    for name, use_case in offered().items():
        for parameter in Call.of(use_case).parameters.values():
            for kind in classes_within(parameter.annotation):
                told = {each.name for each in attrs.fields(kind)} - WITHHELD.get(kind, frozenset())
                assert not told & ours or kind.__name__ == "AuditFilter", (name, kind)


async def test_a_subject_of_ones_own_is_not_known(boss: Any, arguments: Arguments, reseller: Any) -> None:
    given = arguments.of(offered()["ReadHistory"])
    for changes in ({"permission": "billing:read"}, {"resource_type": "secret"}, {"actions": ["x"]}):
        answer = await call(reseller, "ReadHistory", given | {"subject": given["subject"] | changes})
        assert answer.status_code == 404, answer.text
