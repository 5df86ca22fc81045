"""Our own token lives: it is renewed in time, read again when its file changes, and fetched anew when it died."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from scaicontrol_adapters.scaivault.tokens import AppRole, GivenToken, LivingToken, TokenFile
from scaicontrol_core.kernel.secrets import SecretsDenied, SecretsUnavailable
from tests.services.kv import Kv, Reply

PATH = "mail/smtp"


@pytest.fixture
async def kept(kv: Kv, connect: Any) -> str:
    """A secret is there."""
    await connect().put(PATH, "hush")
    return PATH


async def test_a_token_is_renewed_when_a_third_of_its_life_is_left(kv: Kv, connect: Any, time: Any, kept: str) -> None:
    store = connect(GivenToken(kv.grant("lasting", ttl=900, renewable=True)))
    await store.get(kept)
    time.pass_by(590)
    await store.token.renew()
    assert kv.count("POST auth/token/renew-self") == 0
    time.pass_by(20)
    await store.token.renew()
    assert kv.count("POST auth/token/renew-self") == 1
    time.pass_by(890)  # its first life would be over
    assert (await store.get(kept)).value == "hush"


async def test_renewal_happens_by_itself_between_questions(kv: Kv, connect: Any, kept: str) -> None:
    store = connect(GivenToken(kv.grant("short", ttl=2, renewable=True)))
    store.token.monotonic = asyncio.get_running_loop().time
    await store.get(kept)
    async with asyncio.timeout(20):
        while kv.count("POST auth/token/renew-self") < 2:  # noqa: ASYNC110  # the server lives in a thread
            await asyncio.sleep(0.05)
    await store.close()
    assert store.token._keeper is None


async def test_without_an_end_nothing_is_renewed(kv: Kv, connect: Any, time: Any, kept: str) -> None:
    store = connect()
    await store.get(kept)
    time.pass_by(10**7)
    await store.token.renew()
    assert kv.count("POST auth/token/") == 0


async def test_what_cannot_be_renewed_is_looked_up_again(kv: Kv, connect: Any, time: Any, kept: str) -> None:
    store = connect(GivenToken(kv.grant("ending", ttl=900)))
    await store.get(kept)
    time.pass_by(901)
    with pytest.raises(SecretsDenied):
        await store.get(kept)
    kv.grant("ending", ttl=900)  # as if somebody had prolonged it
    assert (await store.get(kept)).value == "hush"


async def test_a_file_that_changed_is_read_again(kv: Kv, connect: Any, kept: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(kv.grant("first") + "\n")
    store = connect(TokenFile(file))
    await store.get(kept)
    file.write_text(kv.grant("second"))
    await store.get(kept)
    assert kv.seen_tokens[-1] == "second"
    file.unlink()
    await store.get(kept)  # what we have serves
    file.write_text("two words")
    await store.get(kept)
    assert kv.seen_tokens[-1] == "second"


async def test_without_the_file_there_is_no_token_and_the_setting_is_named(connect: Any, tmp_path: Path) -> None:
    with pytest.raises(SecretsUnavailable, match="SCAICONTROL_SCAIVAULT_TOKEN_FILE"):
        await connect(TokenFile(tmp_path / "nothing")).get(PATH)


async def test_a_role_logs_in_and_again_when_its_token_died(
    kv: Kv, connect: Any, time: Any, kept: str, tmp_path: Path
) -> None:
    (tmp_path / "id").write_text("secret-id\n")
    kv.roles["billing"] = ("secret-id", 600)
    store = connect(AppRole("billing", tmp_path / "id"))
    await store.get(kept)
    time.pass_by(601)
    assert (await store.get(kept)).value == "hush"
    assert kv.logins == 2
    kv.tokens.pop("approle-token-2")  # revoked
    assert (await store.get(kept)).value == "hush"
    assert kv.logins == 3
    kv.roles.clear()
    kv.tokens.pop("approle-token-3")
    with pytest.raises(SecretsDenied) as denied:
        await store.get(kept)
    assert "secret-id" not in repr(denied.value)


async def test_many_at_once_log_in_once(kv: Kv, connect: Any, kept: str, tmp_path: Path) -> None:
    (tmp_path / "id").write_text("secret-id")
    kv.roles["billing"] = ("secret-id", 600)
    store = connect(AppRole("billing", tmp_path / "id"))
    await asyncio.gather(*(store.get(kept) for _ in range(10)))
    assert kv.logins == 1


async def test_a_policy_without_a_look_at_itself_may_read_all_the_same(kv: Kv, connect: Any, kept: str) -> None:
    store = connect()
    kv.scripted = [Reply(403, {"errors": ["permission denied"]})]
    assert (await store.get(kept)).value == "hush"


async def test_a_renewal_that_fails_is_tried_again_later(kv: Kv, connect: Any, time: Any, kept: str) -> None:
    store = connect(GivenToken(kv.grant("lasting", ttl=900, renewable=True)))
    await store.get(kept)
    time.pass_by(700)
    kv.scripted = [Reply(503)]
    with pytest.raises(SecretsUnavailable):
        await store.token.renew()
    await store.token.renew()
    time.pass_by(850)
    assert (await store.get(kept)).value == "hush"


def test_the_next_look_is_soon_enough(kv: Kv) -> None:
    from scaicontrol_adapters.scaivault.line import VaultLine  # noqa: PLC0415
    from scaicontrol_adapters.scaivault.tokens import Granted  # noqa: PLC0415

    living = LivingToken(GivenToken("t"), VaultLine(kv.url), monotonic=lambda: 100.0)
    assert living.pause() == 30.0
    for granted, seconds in (
        (Granted("t"), 3600.0),
        (Granted("t", 1000.0, 900.0), 600.0),
        (Granted("t", 90.0, 9.0), 1.0),
    ):
        living._granted = granted
        assert living.pause() == pytest.approx(seconds)
