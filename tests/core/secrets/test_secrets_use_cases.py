"""Secrets are the platform's people's alone; what they do is told, what they keep never is."""

from __future__ import annotations

import pytest

from scaicontrol_core.access import Actor, Role
from scaicontrol_core.audit.use_cases.read_audit_log import ReadAuditLog
from scaicontrol_core.kernel.errors import Forbidden, Invalid
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.paging import PageRequest
from scaicontrol_core.kernel.secrets import SecretNotFound, SecretStale, SecretsUnavailable
from scaicontrol_core.secrets.change import SecretChange, secret_id
from scaicontrol_core.secrets.use_cases.delete_secret import DeleteSecret
from scaicontrol_core.secrets.use_cases.get_secret_version import GetSecretVersion
from scaicontrol_core.secrets.use_cases.list_secrets import ListSecrets
from scaicontrol_core.secrets.use_cases.set_secret import NewSecret, SetSecret
from scaicontrol_core.testing import FixedClock, MemoryUnitOfWorkFactory, SequentialIds
from scaicontrol_core.testing.secrets import MemorySecrets
from scaicontrol_core.testing.world import retry_at_once

BOSS = Actor.operator("boss")
PATH, VALUE = "mail/smtp-password", "planted-value-7c"


@pytest.fixture
def work() -> MemoryUnitOfWorkFactory:
    """Nothing yet."""
    return MemoryUnitOfWorkFactory(FixedClock(), SequentialIds())


async def told(work: MemoryUnitOfWorkFactory) -> list[tuple[str, object]]:
    """Return what the audit log says, oldest first."""
    entries = (await ReadAuditLog(work)(BOSS, PageRequest())).items
    assert VALUE not in repr(entries)
    return [(entry.action, entry.details["event"]) for entry in reversed(entries)]


async def test_a_secret_is_set_replaced_and_deleted_and_each_is_told(work: MemoryUnitOfWorkFactory) -> None:
    secrets, retry = MemorySecrets(), retry_at_once
    set_secret = SetSecret(work, secrets, retry)
    assert await set_secret(BOSS, NewSecret(PATH, VALUE)) == 1
    assert await set_secret(BOSS, NewSecret(PATH, VALUE + "2", expected_version=1)) == 2
    assert await GetSecretVersion(secrets)(BOSS, PATH) == 2
    assert list(await ListSecrets(secrets)(BOSS)) == [PATH]
    await DeleteSecret(work, secrets, retry)(BOSS, PATH)
    assert list(await ListSecrets(secrets)(BOSS, "mail")) == []
    assert await told(work) == [
        ("secret.change_begun", {"path": PATH, "deletes": False}),
        ("secret.set", {"path": PATH, "version": 1}),
        ("secret.change_begun", {"path": PATH, "deletes": False}),
        ("secret.set", {"path": PATH, "version": 2}),
        ("secret.change_begun", {"path": PATH, "deletes": True}),
        ("secret.deleted", {"path": PATH}),
    ]


async def test_what_was_refused_or_broke_is_told_as_begun_alone(work: MemoryUnitOfWorkFactory) -> None:
    async def broken(path: str) -> None:
        raise SecretsUnavailable("away")

    retry = retry_at_once
    with pytest.raises(SecretStale):
        await SetSecret(work, MemorySecrets(), retry)(BOSS, NewSecret(PATH, VALUE, expected_version=3))
    with pytest.raises(SecretsUnavailable):
        await SetSecret(work, MemorySecrets(before=broken), retry)(BOSS, NewSecret(PATH, VALUE))
    with pytest.raises(SecretNotFound):
        await DeleteSecret(work, MemorySecrets(), retry)(BOSS, PATH)
    assert [action for action, _ in await told(work)] == ["secret.change_begun"] * 2


@pytest.mark.parametrize(
    "actor",
    [
        Actor.anonymous(),
        Actor.partner_admin("pam", PartnerId("prt_1")),
        Actor.tenant_user("tim", TenantId("ten_1"), PartnerId("prt_1"), Role.TENANT_ADMIN),
    ],
)
async def test_nobody_else_comes_near(work: MemoryUnitOfWorkFactory, actor: Actor) -> None:
    secrets, retry = MemorySecrets(), retry_at_once
    await secrets.put(PATH, VALUE)
    with pytest.raises(Forbidden):
        await ListSecrets(secrets)(actor)
    with pytest.raises(Forbidden):
        await GetSecretVersion(secrets)(actor, PATH)
    with pytest.raises(Forbidden):
        await SetSecret(work, secrets, retry)(actor, NewSecret(PATH, "x"))
    with pytest.raises(Forbidden):
        await DeleteSecret(work, secrets, retry)(actor, PATH)
    assert (await secrets.get(PATH)).value == VALUE
    async with work.begin(actor) as one:
        with pytest.raises(Forbidden):
            await one.secret_changes.add(SecretChange.deleted(PATH))


def test_a_command_is_checked_and_shows_no_value() -> None:
    assert VALUE not in repr(NewSecret(PATH, VALUE))
    for path, value in (("../etc", "x"), (PATH, ""), (PATH, "a\0")):
        with pytest.raises(Invalid):
            NewSecret(path, value)
    assert len(secret_id("x" * 255)) == 30
