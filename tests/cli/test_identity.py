"""Users, groups and roles at the command line: taken over from a directory, given something here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.services.directory import DirectoryServer, serving_directory

World = Callable[..., Any]


@pytest.fixture
def directory(monkeypatch: pytest.MonkeyPatch) -> Iterator[DirectoryServer]:
    """A directory that the settings name, with two people and a group."""
    with serving_directory() as running:
        running.users = [{"id": "ann", "name": "Ann", "email": "ann@example.com"}, {"id": "bob", "name": "Bob"}]
        running.groups = [{"id": "sales", "name": "Sales"}]
        running.memberships = [{"group_id": "sales", "user_id": "ann"}]
        named = {"URL": running.url + "/api/v1/directory", "TOKEN_URL": running.url + "/oauth/token"}
        named |= {"CLIENT_ID": running.client[0], "CLIENT_SECRET": running.client[1]}
        for name, value in named.items():
            monkeypatch.setenv(f"SCAICONTROL_DIRECTORY_{name}", value)
        yield running


def test_the_directory_is_followed(world: World, directory: DirectoryServer) -> None:
    table = world("sync").stdout.splitlines()
    assert table[0].split()[:3] == ["what", "added", "changed"]
    assert table[1].split()[:2] == ["users", "2"]
    report = world("sync", "--json").json
    assert report["is_done"]
    assert report["users"]["unchanged"] == 2
    directory.users[1]["tenant_id"] = "tnt_nobodys"
    skipped = world("sync")
    assert "unknown_tenant" in skipped.stdout


def test_implausible_is_held_back_until_forced(world: World, directory: DirectoryServer) -> None:
    world("sync")
    directory.users, directory.memberships = [], []
    held = world("sync", fails=1)
    assert "scaicontrol sync --force" in held.stderr
    assert world("sync", "--force", "--json").json["users"]["removed"] == 2
    listed = world("admin", "users", "list", "--status", "deactivated", "--json").json
    assert listed["total"] == 2


def test_without_a_directory_there_is_nothing_to_follow(world: World) -> None:
    assert "[directory_not_configured]" in world("sync", fails=1).complaint


def test_a_user_is_named_as_one_likes_and_given_roles(world: World, directory: DirectoryServer) -> None:
    world("sync")
    made = world("admin", "roles", "create", "teller", "--permission", "billing:read", "--json").json
    given = world("admin", "users", "roles", "ann@example.com", "--add", "teller", "--json").json
    assert [each["role"] for each in given["roles"]] == ["teller"]
    shown = world("admin", "users", "show", "ann", "--json").json
    assert shown["local_permissions"] == ["billing:read"]
    assert [group["name"] for group in shown["groups"]] == ["Sales"]
    assert "[role_in_use]" in world("admin", "roles", "delete", made["id"], "--yes", fails=1).complaint
    assert world("admin", "users", "roles", given["id"], "--remove", "teller").stdout.count("\n") == 1
    history = world("admin", "users", "history", "ann", "--json").json
    assert [each["action"] for each in history["items"]] == ["user.roles_changed", "user.roles_changed", "user.added"]
    assert "[user_not_found]" in world("admin", "users", "show", "nobody", fails=1).complaint


def test_local_groups_are_ours_and_the_directorys_are_not(world: World, directory: DirectoryServer) -> None:
    world("sync")
    world("admin", "groups", "create", "Night shift", "--description", "Those who are up")
    world("admin", "groups", "add-member", "Night shift", "bob")
    members = world("admin", "groups", "members", "Night shift", "--json").json
    assert [each["external_id"] for each in members["items"]] == ["bob"]
    world("admin", "groups", "roles", "Night shift", "--add", "tenant_admin")
    world("admin", "groups", "rename", "Night shift", "Day shift")
    world("admin", "groups", "remove-member", "Day shift", "bob")
    world("admin", "groups", "delete", "Day shift", "--yes")
    assert [each["name"] for each in world("admin", "groups", "list", "--json").json["items"]] == ["Sales"]
    assert world("admin", "groups", "list", "--local", "--json").json["items"] == []
    assert "[group_of_directory]" in world("admin", "groups", "rename", "Sales", "Mine", fails=1).complaint
    assert world("admin", "groups", "show", "Sales", "--json").json["is_synced"]
    assert world("admin", "groups", "history", "Sales", "--json").json["total"] == 2


def test_roles_are_listed_changed_and_deleted(world: World) -> None:
    names = [each["name"] for each in world("admin", "roles", "list", "--json").json["items"]]
    assert names == ["partner_admin", "super_admin", "tenant_admin"]
    made = world("admin", "roles", "create", "teller", "--permission", "billing:read", "--json").json
    changed = world("admin", "roles", "update", made["id"], "--permission", "billing:manage", "--json").json
    assert changed["permissions"] == ["billing:manage"]
    assert world("admin", "roles", "show", made["id"], "--json").json == changed
    world("admin", "roles", "delete", made["id"], "--yes")
    assert world("admin", "roles", "history", made["id"], "--json").json["total"] == 3
    assert "[choice_unknown]" in world("admin", "roles", "create", "x", "--permission", "y", fails=2).complaint
