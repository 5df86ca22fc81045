"""Users, groups and roles over HTTP: what they open, who may give them, and who may not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from httpx import AsyncClient

from scaicontrol_adapters.container import Container
from scaicontrol_core.access import Actor
from scaicontrol_core.identity.snapshot import DirectoryGroup, DirectoryMembership, DirectoryUser, Snapshot
from scaicontrol_core.identity.use_cases.sync_directory import SyncDirectory
from scaicontrol_core.testing.directory import MemoryDirectory

Follow = Callable[..., Awaitable[None]]
#: The development issuer names its subjects after their roles.
CLERK = "dev:tenant_admin"


@pytest.fixture
def directory(container: Container) -> MemoryDirectory:
    """The directory of the house, empty at first."""
    container.directory = MemoryDirectory()
    return container.directory


@pytest.fixture
def follow(container: Container, directory: MemoryDirectory) -> Follow:
    """Let the directory say this from now on, and follow it."""

    async def followed(*users: DirectoryUser, groups: Mapping[str, list[str]] | None = None) -> None:
        pairs = [(group, user) for group, members in (groups or {}).items() for user in members]
        directory.snapshot = Snapshot(
            users={user.id: user for user in users},
            groups={name: DirectoryGroup(id=name, name=name) for name in groups or {}},
            memberships=frozenset(DirectoryMembership(group_id=group, user_id=user) for group, user in pairs),
        )
        await container.use(SyncDirectory)(Actor.operator("tests"), force=True)

    return followed


def somebody(name: str, **said: Any) -> DirectoryUser:
    """Return a user of the directory."""
    return DirectoryUser(**({"id": name, "name": name.title(), "email": f"{name}@example.com"} | said))


async def _id(caller: Any, external_id: str) -> str:
    found = await caller.get("/admin/users", search=external_id)
    return next(str(each["id"]) for each in found["items"] if each["external_id"] == external_id)


@pytest.fixture
async def people(world: Any, follow: Follow) -> None:
    """Staff of both partners, and customers of both; the deputy is the operator's administrator of itself."""
    await follow(
        somebody("ann"),
        somebody("bob", tenant_id=world.acme),
        somebody("rita", partner_id=world.reseller),
        somebody("theo", tenant_id=world.theirs),
        groups={"sales": ["ann", "bob"]},
    )


async def test_users_are_listed_filtered_and_found(boss: Any, world: Any, people: None) -> None:
    assert (await boss.get("/admin/users"))["total"] == 4
    only = {"search": "ANN@"}, {"tenant_id": world.acme}, {"partner_id": world.reseller}, {"status": "deactivated"}
    found = [[each["external_id"] for each in (await boss.get("/admin/users", **each))["items"]] for each in only]
    assert found == [["ann"], ["bob"], ["rita", "theo"], []]
    by_name = await boss.get("/admin/users", sort="-name", limit=2)
    assert [each["name"] for each in by_name["items"]] == ["Theo", "Rita"]
    rest = await boss.get("/admin/users", sort="-name", limit=2, cursor=by_name["next_cursor"])
    assert [each["name"] for each in rest["items"]] == ["Bob", "Ann"]
    shown = await boss.get(f"/admin/users/{await _id(boss, 'ann')}")
    assert [group["name"] for group in shown["groups"]] == ["sales"]


async def test_a_reseller_sees_its_own_people_only(boss: Any, reseller: Any, acme: Any, people: None) -> None:
    assert {each["external_id"] for each in (await reseller.get("/admin/users"))["items"]} == {"rita", "theo"}
    assert (await reseller.get("/admin/groups"))["items"] == []
    await reseller.refused("GET", f"/admin/users/{await _id(boss, 'ann')}", 404, "user_not_found")
    await acme.refused("GET", "/admin/users", 403, "forbidden")


async def test_local_roles_are_given_on_the_version_that_was_seen(boss: Any, people: None) -> None:
    path = f"/admin/users/{await _id(boss, 'bob')}"
    seen = (await boss.send("GET", path)).headers["etag"]
    given = await boss.put(f"{path}/roles", {"roles": ["tenant_admin"]}, headers={"If-Match": seen})
    assert [(each["role"], each["counts"]) for each in given["roles"]] == [("tenant_admin", True)]
    await boss.refused("PUT", f"{path}/roles", 412, "stale_version", json={"roles": []}, headers={"If-Match": seen})
    history = await boss.get(f"{path}/history")
    assert [each["action"] for each in history["items"]] == ["user.roles_changed", "user.added"]
    assert history["items"][0]["details"]["changes"]["roles"] == {"before": [], "after": ["tenant_admin"]}


@pytest.mark.parametrize(
    ("who", "role", "status", "code"),
    [
        ("rita", "super_admin", 422, "role_beyond_ceiling"),
        ("theo", "partner_admin", 422, "role_beyond_ceiling"),
        ("theo", "super_admin", 422, "role_beyond_ceiling"),
        ("theo", "emperor", 422, "role_unknown"),
        ("ann", "partner_admin", 404, "user_not_found"),
        ("bob", "tenant_admin", 404, "user_not_found"),
    ],
)
async def test_a_reseller_cannot_give(
    boss: Any, reseller: Any, people: None, who: str, role: str, status: int, code: str
) -> None:
    path = f"/admin/users/{await _id(boss, who)}/roles"
    await reseller.refused("PUT", path, status, code, json={"roles": [role]})


async def test_what_a_reseller_may_give(boss: Any, reseller: Any, people: None) -> None:
    for who, role in (("rita", "partner_admin"), ("theo", "tenant_admin")):
        path = f"/admin/users/{await _id(boss, who)}/roles"
        assert [each["role"] for each in (await reseller.put(path, {"roles": [role]}))["roles"]] == [role]


async def test_nobody_but_a_super_admin_makes_one_or_unmakes_one(
    boss: Any, client: AsyncClient, headers: Callable[..., dict[str, str]], world: Any, people: None
) -> None:
    path = f"/admin/users/{await _id(boss, 'ann')}/roles"
    deputy = type(boss)(client, headers("partner_admin", partner_id=world.operator))
    await deputy.refused("PUT", path, 403, "role_beyond_own", json={"roles": ["super_admin"]})
    await boss.put(path, {"roles": ["super_admin"]})
    await deputy.refused("PUT", path, 403, "role_beyond_own", json={"roles": []})
    assert (await boss.get(path.removesuffix("/roles")))["user"]["roles"][0]["role"] == "super_admin"


async def test_nor_by_way_of_a_group(
    boss: Any, client: AsyncClient, headers: Callable[..., dict[str, str]], world: Any, people: None
) -> None:
    deputy = type(boss)(client, headers("partner_admin", partner_id=world.operator))
    made = await deputy.post("/admin/groups", {"name": "Friends"}, status=201)
    path = f"/admin/groups/{made['id']}"
    await deputy.refused("PUT", f"{path}/roles", 403, "role_beyond_own", json={"roles": ["super_admin"]})
    await boss.put(f"{path}/roles", {"roles": ["super_admin"]})
    member = f"{path}/members/{await _id(boss, 'ann')}"
    await deputy.refused("PUT", member, 403, "role_beyond_own")
    await boss.put(member, None)
    await deputy.refused("DELETE", member, 403, "role_beyond_own")
    await deputy.refused("DELETE", path, 403, "role_beyond_own")


async def test_a_role_of_ones_own_holds_no_more_than_its_maker_may(
    boss: Any, reseller: Any, world: Any, people: None
) -> None:
    ours = {"name": "clerk", "permissions": ["admin:tenants", "admin:users"]}
    made = await reseller.post("/admin/roles", ours, status=201)
    assert made["partner_id"] == world.reseller
    beyond = ours | {"name": "more", "permissions": ["admin:platform"]}
    await reseller.refused("POST", "/admin/roles", 422, "permission_beyond_ceiling", "/permissions", json=beyond)
    await reseller.refused("POST", "/admin/roles", 409, "role_name_taken", json=ours)
    await reseller.refused("POST", "/admin/roles", 409, "role_name_taken", json=ours | {"name": "super_admin"})
    wrong = ours | {"name": "wrong", "permissions": ["admin:everything"]}
    await reseller.refused("POST", "/admin/roles", 422, "choice_unknown", "/permissions/0", json=wrong)
    names = [each["name"] for each in (await reseller.get("/admin/roles"))["items"]]
    assert names == ["clerk", "partner_admin", "super_admin", "tenant_admin"]
    path = f"/admin/users/{await _id(boss, 'rita')}/roles"
    await reseller.put(path, {"roles": ["clerk"]})
    await reseller.refused("DELETE", f"/admin/roles/{made['id']}", 409, "role_in_use")
    await boss.refused(
        "PUT", f"/admin/users/{await _id(boss, 'ann')}/roles", 422, "role_unknown", json={"roles": ["clerk"]}
    )
    await reseller.put(path, {"roles": []})
    assert (await reseller.send("DELETE", f"/admin/roles/{made['id']}")).status_code == 204
    await reseller.post("/admin/roles", ours, status=201)


async def test_a_synced_group_is_the_directorys_but_for_its_roles(boss: Any, people: None) -> None:
    group = (await boss.get("/admin/groups", is_synced=True))["items"][0]
    path = f"/admin/groups/{group['id']}"
    await boss.refused("PUT", path, 409, "group_of_directory", json={"name": "Mine"})
    await boss.refused("DELETE", path, 409, "group_of_directory")
    await boss.refused("PUT", f"{path}/members/{await _id(boss, 'bob')}", 409, "group_of_directory")
    await boss.refused("DELETE", f"{path}/members/{await _id(boss, 'bob')}", 409, "group_of_directory")
    given = await boss.put(f"{path}/roles", {"roles": ["tenant_admin"]})
    assert [each["role"] for each in given["roles"]] == ["tenant_admin"]


async def test_a_local_group_is_made_once_whoever_asks_twice(boss: Any, reseller: Any, people: None) -> None:
    again = {"Idempotency-Key": "once"}
    first = await reseller.post("/admin/groups", {"name": "Night"}, status=201, headers=again)
    second = await reseller.post("/admin/groups", {"name": "Night"}, status=201, headers=again)
    assert first == second
    path = f"/admin/groups/{first['id']}"
    await reseller.put(f"{path}/members/{await _id(boss, 'theo')}", None)
    assert [each["external_id"] for each in (await reseller.get(f"{path}/members"))["items"]] == ["theo"]
    await boss.refused("PUT", f"{path}/members/{await _id(boss, 'ann')}", 422, "foreign_member")
    renamed = await reseller.put(path, {"name": "Day", "description": "Those who are up"})
    assert renamed["name"] == "Day"
    assert (await reseller.send("DELETE", path)).status_code == 204
    assert (await reseller.get("/admin/groups"))["items"] == []
    assert [each["action"] for each in (await reseller.get(f"{path}/history"))["items"]] == [
        "group.removed", "group.changed", "group.members_changed", "group.added",
    ]  # fmt: skip


@pytest.fixture
def clerk(client: AsyncClient, headers: Callable[..., dict[str, str]], world: Any, boss: Any) -> Any:
    """Somebody with a token of Acme's, whom the directory knows as well."""
    return type(boss)(client, headers("tenant_admin", tenant_id=world.acme, partner_id=world.operator))


async def test_who_is_deactivated_is_refused_at_once(world: Any, follow: Follow, clerk: Any, boss: Any) -> None:
    await follow(somebody(CLERK, tenant_id=world.acme), somebody("bob"))
    assert (await clerk.get("/auth/me"))["kind"] == "user"
    await follow(somebody("bob"))
    await clerk.refused("GET", "/auth/me", 403, "user_deactivated")
    await follow(somebody(CLERK, tenant_id=world.acme), somebody("bob"))
    assert (await clerk.get("/auth/me"))["kind"] == "user"


async def test_roles_of_users_and_groups_count_in_tokens_at_once(
    world: Any, follow: Follow, client: AsyncClient, headers: Callable[..., dict[str, str]], boss: Any
) -> None:
    """The development issuer's partner administrator names no tenant: here they are a customer's user elsewhere."""
    staff = type(boss)(client, headers("partner_admin", partner_id=world.reseller))
    await follow(somebody("dev:partner_admin", partner_id=world.reseller))
    user_id = await _id(boss, "dev:partner_admin")
    assert "billing:manage" not in (await staff.get("/auth/me"))["permissions"]
    role = {"name": "teller", "permissions": ["billing:manage"], "partner_id": world.reseller}
    made = await boss.post("/admin/roles", role, status=201)
    await boss.put(f"/admin/users/{user_id}/roles", {"roles": ["teller"]})
    mine = await staff.get("/auth/me")
    assert "billing:manage" in mine["permissions"]
    assert "teller" in mine["roles"]
    await boss.put(f"/admin/roles/{made['id']}", {"permissions": ["subscriptions:read"]})
    assert "billing:manage" not in (await staff.get("/auth/me"))["permissions"]
    await boss.put(f"/admin/users/{user_id}/roles", {"roles": []})
    group = await boss.post("/admin/groups", {"name": "Tellers", "partner_id": world.reseller}, status=201)
    await boss.put(f"/admin/groups/{group['id']}/roles", {"roles": ["teller"]})
    assert "subscriptions:read" not in (await staff.get("/auth/me"))["permissions"]
    await boss.put(f"/admin/groups/{group['id']}/members/{user_id}", None)
    mine = await staff.get("/auth/me")
    assert "subscriptions:read" in mine["permissions"]
    assert mine["groups"] == ["Tellers"]
    await boss.send("DELETE", f"/admin/groups/{group['id']}")
    assert "subscriptions:read" not in (await staff.get("/auth/me"))["permissions"]


async def test_a_group_never_lifts_a_customer_above_its_tenant(
    world: Any, follow: Follow, clerk: Any, boss: Any
) -> None:
    await follow(somebody(CLERK, tenant_id=world.acme), groups={"ops": [CLERK]})
    group = (await boss.get("/admin/groups"))["items"][0]
    for role in ("super_admin", "partner_admin"):
        await boss.put(f"/admin/groups/{group['id']}/roles", {"roles": [role]})
        mine = await clerk.get("/auth/me")
        assert mine["scope"]["kind"] == "tenant"
        assert not [each for each in mine["permissions"] if each.startswith("admin:")]
        await clerk.refused("GET", "/admin/users", 403, "forbidden")


async def test_roles_given_elsewhere_do_not_count(world: Any, follow: Follow, clerk: Any, boss: Any) -> None:
    """The token names Acme, the directory another tenant."""
    await follow(somebody(CLERK, tenant_id=world.jones))
    role = {"name": "usher", "permissions": ["services:read"]}
    await boss.post("/admin/roles", role, status=201)
    await boss.put(f"/admin/users/{await _id(boss, CLERK)}/roles", {"roles": ["usher"]})
    assert "usher" not in (await clerk.get("/auth/me"))["roles"]
