"""What every store of secrets promises: memory, file, KV v2 by our adapter, and the same server by a client not ours.

The server we wrote is honest if hvac, which knows Vault and OpenBao, keeps the promises on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import hvac
import pytest
from attrs import frozen

from scaicontrol_adapters.local.environment_secrets import EnvironmentFirst, EnvironmentSecrets, variable_of
from scaicontrol_adapters.local.secrets import FileSecrets
from scaicontrol_adapters.scaivault.line import VaultLine
from scaicontrol_adapters.scaivault.remembering import RememberedSecrets
from scaicontrol_adapters.scaivault.secrets import VaultSecrets
from scaicontrol_adapters.scaivault.tokens import GivenToken, LivingToken
from scaicontrol_core.kernel.errors import ErrorKind, Invalid
from scaicontrol_core.kernel.secrets import (
    MOST_VALUE_BYTES,
    Secret,
    SecretNotFound,
    Secrets,
    SecretsReadOnly,
    SecretStale,
)
from scaicontrol_core.testing.secrets import MemorySecrets
from tests.services.kv import ROOT, Kv, serving

KEY = bytes(range(32))
PATH = "mail/smtp/password"
KINDS = ("memory", "file", "environment_first", "kv_v2", "kv_v2_remembered", "kv_v2_by_hvac")


@frozen
class HvacSecrets:
    """The port over hvac, as thin as can be."""

    kv: Any

    async def get(self, path: str, version: int | None = None) -> Secret:
        """Read a version."""
        try:
            told = await asyncio.to_thread(
                self.kv.read_secret_version, path, version=version, raise_on_deleted_version=True
            )
        except hvac.exceptions.InvalidPath:
            raise SecretNotFound.at(path, version) from None
        return Secret(path, told["data"]["data"]["value"], told["data"]["metadata"]["version"])

    async def refresh(self, path: str) -> Secret:
        """Read the newest version."""
        return await self.get(path)

    async def put(self, path: str, value: str, *, cas: int | None = None) -> int:
        """Write a version."""
        try:
            told = await asyncio.to_thread(self.kv.create_or_update_secret, path, {"value": value}, cas=cas)
        except hvac.exceptions.InvalidRequest as wrong:
            if "did not match the current version" not in str(wrong):
                raise
            raise SecretStale.at(path, cas or 0) from None
        return int(told["data"]["version"])

    async def delete(self, path: str) -> None:
        """Delete everything."""
        await asyncio.to_thread(self.kv.delete_metadata_and_all_versions, path)

    async def list(self, prefix: str = "") -> Sequence[str]:
        """List, folder by folder."""
        try:
            keys = (await asyncio.to_thread(self.kv.list_secrets, prefix))["data"]["keys"]
        except hvac.exceptions.InvalidPath:
            return []
        start = f"{prefix}/" if prefix else ""
        found: tuple[str, ...] = ()
        for key in keys:
            found += tuple(await self.list(start + key.rstrip("/"))) if key.endswith("/") else (start + key,)
        return sorted(found)


@pytest.fixture(params=KINDS)
async def secrets(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Secrets]:
    """One empty store of each kind."""
    if request.param == "memory":
        yield MemorySecrets()
    elif request.param == "file":
        yield FileSecrets(tmp_path / "secrets.json", lambda: KEY)
    elif request.param == "environment_first":
        yield EnvironmentFirst(FileSecrets(tmp_path / "secrets.json", lambda: KEY), EnvironmentSecrets(dict))
    else:
        with serving() as server:
            if request.param == "kv_v2_by_hvac":
                client = hvac.Client(url=server.url, token=ROOT)
                yield HvacSecrets(client.secrets.kv.v2)
                client.adapter.close()
                return
            vault = over(server)
            yield vault if request.param == "kv_v2" else RememberedSecrets(vault)
            await vault.close()


def over(server: Kv) -> VaultSecrets:
    """Speak to the server as its root."""
    line = VaultLine(server.url)
    return VaultSecrets(line, LivingToken(GivenToken(ROOT), line))


async def test_what_is_kept_is_given_back_with_its_version(secrets: Secrets) -> None:
    assert await secrets.put(PATH, "hush 🔑 \n second line") == 1
    assert await secrets.get(PATH) == Secret(PATH, "hush 🔑 \n second line", 1)
    assert await secrets.refresh(PATH) == Secret(PATH, "hush 🔑 \n second line", 1)


async def test_an_old_version_can_be_read(secrets: Secrets) -> None:
    assert [await secrets.put(PATH, value) for value in ("one", "two", "three")] == [1, 2, 3]
    assert (await secrets.get(PATH)).value == "three"
    assert await secrets.get(PATH, 2) == Secret(PATH, "two", 2)


async def test_the_last_ten_versions_are_kept(secrets: Secrets) -> None:
    for number in range(12):
        await secrets.put(PATH, f"value {number}")
    assert (await secrets.get(PATH, 3)).value == "value 2"
    for lost in (1, 2):
        with pytest.raises(SecretNotFound):
            await secrets.get(PATH, lost)


async def test_what_is_not_there_is_not_found(secrets: Secrets) -> None:
    await secrets.put(PATH, "hush")
    for path, version in (("mail/smtp", None), ("mail/smtp/password/old", None), (PATH, 2), ("PATH", None)):
        with pytest.raises(SecretNotFound) as missing:
            await secrets.get(path, version)
        assert missing.value.kind is ErrorKind.NOT_FOUND
    with pytest.raises(SecretNotFound):
        await secrets.refresh("nothing")


async def test_a_new_version_can_ask_to_follow_the_one_it_knows(secrets: Secrets) -> None:
    assert await secrets.put(PATH, "one", cas=0) == 1
    for cas in (0, 2):
        with pytest.raises(SecretStale) as late:
            await secrets.put(PATH, "other", cas=cas)
        assert late.value.kind is ErrorKind.STALE
    assert await secrets.put(PATH, "two", cas=1) == 2
    assert (await secrets.get(PATH)).value == "two"


async def test_of_many_who_follow_the_same_version_one_wins(secrets: Secrets) -> None:
    await secrets.put(PATH, "first")
    found = await asyncio.gather(*(secrets.put(PATH, f"by {n}", cas=1) for n in range(6)), return_exceptions=True)
    assert [each for each in found if not isinstance(each, SecretStale)] == [2]


async def test_many_writers_lose_nothing(secrets: Secrets) -> None:
    paths = [f"many/{number}" for number in range(12)]
    await asyncio.gather(*(secrets.put(path, f"of {path}") for path in paths))
    assert [(await secrets.get(path)).value for path in paths] == [f"of {path}" for path in paths]
    assert list(await secrets.list("many")) == sorted(paths)


async def test_what_is_deleted_is_gone_with_all_versions_and_begins_anew(secrets: Secrets) -> None:
    await secrets.put(PATH, "one")
    await secrets.put(PATH, "two")
    for _ in range(2):
        await secrets.delete(PATH)
    for version in (None, 1, 2):
        with pytest.raises(SecretNotFound):
            await secrets.get(PATH, version)
    assert list(await secrets.list()) == []
    assert await secrets.put(PATH, "again", cas=0) == 1


async def test_a_list_names_all_below_a_folder_and_nothing_beside_it(secrets: Secrets) -> None:
    for path in ("a", "b/c", "b/d/e", "bc/d", "b.c"):
        await secrets.put(path, "x")
    assert list(await secrets.list()) == ["a", "b.c", "b/c", "b/d/e", "bc/d"]
    assert list(await secrets.list("b")) == ["b/c", "b/d/e"]
    assert list(await secrets.list("b/d")) == ["b/d/e"]
    assert list(await secrets.list("a")) == []
    assert list(await secrets.list("z")) == []


async def test_a_name_may_also_be_a_folder(secrets: Secrets) -> None:
    await secrets.put("a", "1")
    await secrets.put("a/b", "2")
    assert [(await secrets.get(path)).value for path in ("a", "a/b")] == ["1", "2"]
    await secrets.delete("a")
    assert list(await secrets.list()) == ["a/b"]


@pytest.mark.parametrize("value", ["x" * MOST_VALUE_BYTES, '"\\/\b\f\t', "\u2028\u2029\ufeff", "é" * 100, " "])
async def test_any_text_survives(secrets: Secrets, value: str) -> None:
    await secrets.put(PATH, value)
    assert (await secrets.get(PATH)).value == value


@pytest.fixture(params=[kind for kind in KINDS if kind != "kv_v2_by_hvac"])
async def ours(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Secrets]:
    """One empty store of each kind that is ours: hvac does not look at what it is given."""
    file = FileSecrets(tmp_path / "secrets.json", lambda: KEY)
    here: dict[str, Secrets] = {"memory": MemorySecrets(), "file": file}
    here["environment_first"] = EnvironmentFirst(file, EnvironmentSecrets(dict))
    if request.param in here:
        yield here[request.param]
        return
    with serving() as server:
        vault = over(server)
        yield vault if request.param == "kv_v2" else RememberedSecrets(vault)
        await vault.close()


@pytest.mark.parametrize(
    "path",
    ["", "/", "a/", "/a", "a//b", "../a", "a/../b", "a/.", "a b", "a?b", "a#b", "a%2fb", "ä", "a\n", "a\\b", "x" * 256],
)
async def test_what_is_no_path_is_refused_before_anybody_is_asked(ours: Secrets, path: str) -> None:
    asked = (ours.get(path), ours.refresh(path), ours.put(path, "x"), ours.delete(path))
    for question in asked:
        with pytest.raises(Invalid) as refused:
            await question
        assert refused.value.code == "secret_path_invalid"


@pytest.mark.parametrize("value", ["", "x" * (MOST_VALUE_BYTES + 1), "a\0b", "half \ud83d"])
async def test_what_is_no_value_is_refused_and_not_repeated(ours: Secrets, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        await ours.put(PATH, value)
    assert refused.value.code == "secret_value_invalid"
    assert not value or value not in str(refused.value)
    assert list(await ours.list()) == []


async def test_a_value_is_in_no_repr(ours: Secrets) -> None:
    await ours.put(PATH, "planted-9f1c")
    kept = await ours.get(PATH)
    assert "planted-9f1c" not in f"{kept!r} {kept} {ours!r} {vars(type(ours))}"


async def test_the_environment_is_read_only() -> None:
    given = {
        "SCAI_SECRET__MAIL__SMTP__PASSWORD": "hush",
        "SCAI_SECRET__EMPTY": "",
        "OTHER": "x",
        "SCAI_SECRET__A__B": "2",
    }
    secrets = EnvironmentSecrets(lambda: given)
    assert variable_of("mail/smtp-server.pass_word") == "SCAI_SECRET__MAIL__SMTP_SERVER_PASS_WORD"
    assert await secrets.get(PATH) == Secret(PATH, "hush", 1)
    assert await secrets.get(PATH, 1) == await secrets.refresh(PATH)
    for path, version in (("empty", None), (PATH, 2), ("other", None)):
        with pytest.raises(SecretNotFound):
            await secrets.get(path, version)
    assert list(await secrets.list()) == ["a/b", PATH]
    assert list(await secrets.list("mail")) == [PATH]
    with pytest.raises(SecretsReadOnly, match="environment"):
        await secrets.put(PATH, "other")
    with pytest.raises(SecretsReadOnly):
        await secrets.delete(PATH)
    given["SCAI_SECRET__MAIL__SMTP__PASSWORD"] = "changed"
    assert (await secrets.get(PATH)).value == "changed"


async def test_the_environment_speaks_before_the_file_and_hides_nothing_written(tmp_path: Path) -> None:
    file = FileSecrets(tmp_path / "secrets.json", lambda: KEY)
    both = EnvironmentFirst(file, EnvironmentSecrets(lambda: {variable_of("a/b"): "from outside"}))
    await file.put("a/b", "from the file")
    await both.put("a/c", "also from the file")
    assert [(await both.get(path)).value for path in ("a/b", "a/c")] == ["from outside", "also from the file"]
    assert list(await both.list()) == ["a/b", "a/c"]
    with pytest.raises(SecretsReadOnly) as refused:
        await both.put("a/b", "hidden")
    assert "SCAI_SECRET__A__B" in (refused.value.hint or "")
