"""The directory over real HTTP: pages, tokens, and whatever a server does when it is not well."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from attrs import evolve

from scaicontrol_adapters.scaikey.directory import HttpDirectory, directory_of
from scaicontrol_adapters.scaikey.directory_tokens import DirectoryTokens
from scaicontrol_adapters.scaikey.patient import Patience, PatientClient
from scaicontrol_adapters.settings import Settings
from scaicontrol_core.identity.errors import (
    DirectoryAway,
    DirectoryCursorLost,
    DirectoryIncoherent,
    DirectoryNotConfigured,
    DirectoryRefuses,
)
from scaicontrol_core.identity.no_directory import NoDirectory
from scaicontrol_core.identity.snapshot import DirectoryMembership, DirectoryUser
from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, SequentialIds
from scaicontrol_core.testing.household import House
from scaicontrol_core.testing.secrets import MemorySecrets
from tests.services.directory import PREFIX, TOKEN, DirectoryServer, Reply, serving_directory
from tests.services.openid import CLIENT, OpenIdProvider

USERS = f"{PREFIX}/users"
QUICK = Patience(request_seconds=5, whole_seconds=20, attempts=3, first_wait=0.001, longest_wait=5, max_bytes=100_000)


@pytest.fixture
def server() -> Iterator[DirectoryServer]:
    """A directory of ten."""
    with serving_directory() as running:
        running.users = [{"id": f"u{number}", "name": f"User {number}"} for number in range(10)]
        yield running


def _settings(server: DirectoryServer, **given: Any) -> Settings:
    client_id, secret = server.client
    usual: dict[str, Any] = {
        "scaikey_url": server.url,
        "directory_client_id": client_id,
        "directory_client_secret": secret,
    }
    return Settings(**(usual | {"directory_page_size": 4, "background_jobs": ""} | given))


@pytest.fixture
async def directory(server: DirectoryServer) -> AsyncIterator[HttpDirectory]:
    """Our end of the line to it."""
    opened = directory_of(_settings(server), MemorySecrets(), QUICK)
    yield opened
    await opened.close()


async def test_pages_are_read_to_the_end(server: DirectoryServer, directory: HttpDirectory) -> None:
    seen, cursor = list[str](), None
    for size in (4, 4, 2):
        page = await directory.users(cursor)
        assert (len(page.items), page.total) == (size, 10)
        seen, cursor = [*seen, *(each.id for each in page.items)], page.next_cursor
    assert cursor is None
    assert seen == [f"u{number}" for number in range(10)]
    assert server.tokens == 1, "a token serves until it nearly expires"


async def test_groups_and_memberships(server: DirectoryServer, directory: HttpDirectory) -> None:
    server.groups = [{"id": "g", "name": "Sales", "roles": ["clerk"], "partner_id": None, "colour": "red"}]
    server.memberships = [{"group_id": "g", "user_id": "u1"}]
    assert (await directory.groups(None)).items[0].roles == ("clerk",)
    assert (await directory.memberships(None)).items == (DirectoryMembership(group_id="g", user_id="u1"),)


async def test_an_expired_token_is_replaced_once(server: DirectoryServer, directory: HttpDirectory) -> None:
    await directory.users(None)
    server.tokens = 7
    assert len((await directory.users(None)).items) == 4
    assert server.tokens == 8
    server.good = "another"
    with pytest.raises(DirectoryRefuses):
        await directory.users(None)
    assert server.asked.count(USERS) == 5


async def test_a_wrong_secret_is_told_and_never_shown(server: DirectoryServer) -> None:
    wrong = directory_of(_settings(server, directory_client_secret="planted-secret"), MemorySecrets(), QUICK)
    with pytest.raises(DirectoryRefuses) as refused:
        await wrong.users(None)
    assert "planted-secret" not in f"{refused.value!r} {refused.value.message} {refused.value.hint} {wrong!r}"
    await wrong.close()


async def test_a_rotated_secret_is_asked_for_anew(server: DirectoryServer) -> None:
    secrets = MemorySecrets()
    await secrets.put("scaikey/directory", server.client[1])
    settings = _settings(server, directory_client_secret="", directory_client_secret_vault_path="scaikey/directory")
    opened = directory_of(settings, secrets, QUICK)
    assert (await opened.users(None)).total == 10
    await opened.close()


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_who_is_busy_is_asked_again(server: DirectoryServer, directory: HttpDirectory, status: int) -> None:
    server.scripted[USERS] = [Reply(status), Reply(status)]
    assert (await directory.users(None)).total == 10
    assert server.asked.count(USERS) == 3


async def test_retry_after_is_waited_for(server: DirectoryServer) -> None:
    waits = list[float]()

    async def note(seconds: float) -> None:
        waits.append(seconds)

    client = PatientClient(evolve(QUICK, longest_wait=60), sleep=note)
    tokens = DirectoryTokens(server.url + TOKEN, *server.client, client)
    directory = HttpDirectory(server.url + PREFIX, tokens, client, 4)
    server.scripted[USERS] = [Reply(429, headers={"Retry-After": "17"})]
    await directory.users(None)
    assert waits == [17.0]
    server.scripted[USERS] = [Reply(429, headers={"Retry-After": "3600"})]
    with pytest.raises(DirectoryAway):
        await directory.users(None)
    assert waits == [17.0], "nobody waits an hour in between"
    server.scripted[USERS] = [Reply(503, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})]
    await directory.users(None)
    assert waits == [17.0, 0.0]
    await client.close()


async def test_a_broken_server_is_given_up(server: DirectoryServer, directory: HttpDirectory) -> None:
    server.scripted[USERS] = [Reply(500)] * 3
    with pytest.raises(DirectoryAway):
        await directory.users(None)
    assert server.asked.count(USERS) == 3


async def test_a_slow_server_is_given_up(server: DirectoryServer) -> None:
    impatient = evolve(QUICK, request_seconds=0.05, attempts=2)
    opened = directory_of(_settings(server), MemorySecrets(), impatient)
    await opened.tokens.get()
    server.seconds = 0.3
    with pytest.raises(DirectoryAway):
        await opened.users(None)
    await opened.close()


async def test_nobody_at_all() -> None:
    gone = Settings(scaikey_url="http://127.0.0.1:1", directory_client_id="x", directory_client_secret="y")
    opened = directory_of(gone, MemorySecrets(), QUICK)
    with pytest.raises(DirectoryAway):
        await opened.users(None)
    await opened.close()
    with pytest.raises(DirectoryNotConfigured):
        await NoDirectory().users(None)


async def test_redirects_are_not_followed(server: DirectoryServer, directory: HttpDirectory) -> None:
    server.scripted[USERS] = [Reply(302, headers={"Location": "http://127.0.0.1:9/steal"})]
    with pytest.raises(DirectoryIncoherent):
        await directory.users(None)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"items": {}}',
        b'{"items": []}',
        b'{"items": [], "total": -1}',
        b'{"items": [], "total": true}',
        b'{"items": [], "total": "3"}',
        b'{"items": [], "total": 0, "next_cursor": 7}',
        b'{"items": [], "total": 0, "next_cursor": ""}',
        b"[" * 100_000,
        b" " * 200_000,
        json.dumps({"items": [], "total": 0, "next_cursor": "c" * 2000}).encode(),
    ],
)
async def test_garbage_is_refused(server: DirectoryServer, directory: HttpDirectory, body: bytes) -> None:
    server.scripted[USERS] = [Reply(200, body)]
    with pytest.raises(DirectoryIncoherent):
        await directory.users(None)


async def test_an_item_that_cannot_be_used_is_named_not_lost(server: DirectoryServer, directory: HttpDirectory) -> None:
    said = [{"id": "ann", "name": "Ann"}, {"id": "bob"}, {"id": "cid", "name": "x" * 999}, {"name": "Who"}, 7]
    said += [{"id": "dot", "name": "Dot", "roles": "all"}, {"id": "e" * 999, "name": "Eve"}]
    server.scripted[USERS] = [Reply(200, json.dumps({"items": said, "total": 7}).encode())]
    page = await directory.users(None)
    assert page.items == (DirectoryUser(id="ann", name="Ann"),)
    assert [each.id for each in page.unreadable] == ["bob", "cid", None, None, "dot", None]


async def test_a_lost_cursor_is_told_apart(server: DirectoryServer, directory: HttpDirectory) -> None:
    server.scripted[USERS] = [Reply(410), Reply(410)]
    with pytest.raises(DirectoryCursorLost):
        await directory.users("u3")
    with pytest.raises(DirectoryIncoherent):
        await directory.users(None)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"access_token": 7}', b'{"access_token": "a\\nb"}', b'{"access_token": ""}', b"nonsense"]
)
async def test_a_token_that_is_none(server: DirectoryServer, directory: HttpDirectory, body: bytes) -> None:
    server.scripted[TOKEN] = [Reply(200, body)]
    with pytest.raises(DirectoryIncoherent):
        await directory.users(None)


async def test_the_token_of_a_provider_that_is_not_ours(
    server: DirectoryServer, openid_provider: OpenIdProvider
) -> None:
    client = PatientClient(QUICK)
    tokens = DirectoryTokens(f"{openid_provider.url}/token", *CLIENT, client, "openid")
    server.good = await tokens.get()
    assert server.good.count(".") == 2
    assert (await HttpDirectory(server.url + PREFIX, tokens, client, 4).users(None)).total == 10
    await client.close()


async def test_a_whole_directory_is_followed_over_the_line(server: DirectoryServer, directory: HttpDirectory) -> None:
    server.groups = [{"id": "sales", "name": "Sales"}]
    server.memberships = [{"group_id": "sales", "user_id": f"u{number}"} for number in range(10)]
    server.scripted[USERS] = [Reply(503), Reply(429, headers={"Retry-After": "0"})]
    house = await House.built(MemoryUnitOfWorkFactory(FixedClock(), SequentialIds()))
    house.directory = directory  # type: ignore[assignment]  # the real one
    report = await house.sync()
    assert (report.users.added, report.groups.added, report.memberships.added) == (10, 1, 10)
    server.users, server.memberships = server.users[:9], server.memberships[:9]
    report = await house.sync()
    assert (report.users.removed, report.memberships.removed) == (1, 1)
    assert len([one for one in (await house.people()).values() if one.is_active]) == 9
