"""A KV v2 server that is slow, down, lying or strict: what we make of it, and what we never repeat of it."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from scaicontrol_adapters.scaivault.line import MOST_BYTES, Patience
from scaicontrol_adapters.scaivault.tokens import GivenToken
from scaicontrol_core.kernel.errors import ErrorKind
from scaicontrol_core.kernel.secrets import (
    SecretNotFound,
    SecretsDamaged,
    SecretsDenied,
    SecretStale,
    SecretsUnavailable,
)
from tests.services.kv import Kv, Reply, Version

PATH, VALUE = "mail/smtp", "planted-5e1f"
QUICK = Patience(request=0.2, attempts=1)


async def test_it_speaks_the_contract(kv: Kv, connect: Any) -> None:
    store = connect()
    assert await store.put(PATH, VALUE) == 1
    assert kv.entries[PATH].versions[1].content == {"value": VALUE}
    await store.get(PATH, 1)
    await store.delete(PATH)
    assert kv.asked == [
        "GET auth/token/lookup-self",
        "POST secret/data/mail/smtp",
        "GET secret/data/mail/smtp",
        "DELETE secret/metadata/mail/smtp",
    ]


async def test_what_others_deleted_softly_or_destroyed_is_not_there(kv: Kv, connect: Any) -> None:
    store = connect()
    await store.put(PATH, "old")
    await store.put(PATH, VALUE)
    kv.soft_delete(PATH)
    with pytest.raises(SecretNotFound):
        await store.get(PATH)
    assert (await store.get(PATH, 1)).value == "old"
    kv.entries[PATH].versions[1].destroyed = True
    with pytest.raises(SecretNotFound):
        await store.get(PATH, 1)
    with pytest.raises(SecretStale):
        await store.put(PATH, "new", cas=0)  # its metadata are still there: the numbers go on
    assert await store.put(PATH, "new", cas=2) == 3


async def test_an_engine_that_insists_on_cas_gets_it(kv: Kv, connect: Any) -> None:
    store = connect()
    await store.put(PATH, "one")
    kv.entries[PATH].cas_required = True
    assert await store.put(PATH, "two") == 2


@pytest.mark.parametrize("content", [{}, {"password": VALUE}, {"value": None}, {"value": {"a": VALUE}}, {"value": ""}])
async def test_a_secret_of_another_shape_is_named_by_its_path_alone(kv: Kv, connect: Any, content: Any) -> None:
    store = connect()
    await store.put(PATH, "x")
    kv.entries[PATH].versions[1] = Version(content)
    with pytest.raises(SecretsDamaged, match="mail/smtp") as wrong:
        await store.get(PATH)
    assert VALUE not in f"{wrong.value} {wrong.value.hint}"


async def test_a_namespace_is_named_with_each_question(kv: Kv, connect: Any) -> None:
    kv.namespace = "billing"
    assert await connect().put(PATH, VALUE) == 1
    store = connect()
    store.line.namespace = "elsewhere"
    with pytest.raises(SecretsDenied):
        await store.get(PATH)


async def test_who_has_no_right_is_told_so_as_a_fault_of_the_installation(kv: Kv, connect: Any) -> None:
    await connect().put("other/a", VALUE)
    store = connect(GivenToken(kv.grant("narrow", may=("mail/",))))
    await store.put(PATH, VALUE)
    for question in (store.get("other/a"), store.put("other/a", "x"), store.delete("other/a"), store.list("other")):
        with pytest.raises(SecretsDenied) as denied:
            await question
        assert denied.value.kind is ErrorKind.UNAVAILABLE
        assert "narrow" not in f"{denied.value} {denied.value.hint}"


@pytest.mark.parametrize("status", [500, 502, 503, 429, 412])
async def test_a_fault_that_passes_is_not_noticed(kv: Kv, connect: Any, time: Any, status: int) -> None:
    store = connect()
    await store.put(PATH, VALUE)
    kv.scripted = [Reply(status, {"errors": [VALUE]}), Reply(status, b"<html>")]
    assert (await store.get(PATH)).value == VALUE
    assert len(time.slept) == 2
    assert time.slept[0] < time.slept[1] <= 1.0


async def test_a_fault_that_stays_is_told_after_three_attempts_without_what_the_server_said(
    kv: Kv, connect: Any
) -> None:
    store = connect()
    await store.put(PATH, VALUE)
    kv.asked.clear()
    kv.scripted = [Reply(500, {"errors": [VALUE]})] * 3
    with pytest.raises(SecretsUnavailable) as away:
        await store.get(PATH)
    assert VALUE not in str(away.value)
    assert len(kv.asked) == 3


async def test_a_value_is_sent_once_whatever_the_answer(kv: Kv, connect: Any) -> None:
    store = connect()
    await store.put(PATH, "one")
    kv.scripted = [Reply(500, {"errors": []})]
    with pytest.raises(SecretsUnavailable):
        await store.put(PATH, VALUE)
    assert kv.count("POST secret/data/") == 2


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b""),
        Reply(200, b"<html>"),
        Reply(200, b"[1]"),
        Reply(200, b"[" * 100_000),
        Reply(200, b'{"data": {"data": ' + b'{"a":' * 50_000),
        Reply(200, {"data": None}),
        Reply(200, {"data": {"data": {"value": "x"}}}),
        Reply(200, {"data": {"data": {"value": "x"}, "metadata": {"version": "1"}}}),
        Reply(204),
        Reply(418, {"errors": [VALUE]}),
        Reply(302, {}, {"Location": "http://127.0.0.1:1/steal"}),
        Reply(307, {}, {"Location": "/v1/elsewhere"}),
        Reply(200, b" " * (MOST_BYTES + 1)),
        Reply(200, b"\x1f\x8b\x08", {"Content-Encoding": "gzip"}),
    ],
    ids=lambda reply: f"{reply.status}-{str(reply.body)[:20]}",
)
async def test_nonsense_is_no_answer(kv: Kv, connect: Any, reply: Reply) -> None:
    store = connect(patience=Patience(attempts=1))
    await store.token.get()
    kv.scripted = [reply]
    with pytest.raises(SecretsUnavailable) as wrong:
        await store.get(PATH)
    assert VALUE not in str(wrong.value)
    assert kv.scripted == []
    assert kv.count("GET v1") == kv.count("GET elsewhere") == 0


async def test_a_server_that_is_slow_or_dribbles_is_given_up(kv: Kv, connect: Any) -> None:
    store = connect(patience=QUICK)
    await store.token.get()
    for slow in ({"delay": 1.0}, {"delay": 0.0, "dribble": 0.05}):
        for name, seconds in slow.items():
            setattr(kv, name, seconds)
        with pytest.raises(SecretsUnavailable, match="in time"):
            await store.get(PATH)


async def test_after_three_failures_nobody_asks_for_a_while(kv: Kv, connect: Any, time: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        store = connect(url=f"http://127.0.0.1:{closed.getsockname()[1]}", patience=Patience(attempts=2))
        for _ in range(3):
            with pytest.raises(SecretsUnavailable, match="reached"):
                await store.get(PATH)
    slept = len(time.slept)
    assert slept == 3
    with pytest.raises(SecretsUnavailable, match="just now"):
        await store.get(PATH)
    assert len(time.slept) == slept
    store.line.url = kv.url
    with pytest.raises(SecretsUnavailable, match="just now"):
        await store.get(PATH)
    time.pass_by(10.0)
    with pytest.raises(SecretNotFound):
        await store.get(PATH)


async def test_a_list_has_an_end(kv: Kv, connect: Any) -> None:
    store = connect()
    await store.token.get()
    kv.scripted = [Reply(200, {"data": {"keys": [f"k{n}" for n in range(10_001)]}})]
    with pytest.raises(SecretsUnavailable, match="smaller folder"):
        await store.list()
    kv.scripted = [Reply(200, {"data": {"keys": ["/"]}})]
    with pytest.raises(SecretsUnavailable):
        await store.list()


async def test_nothing_shows_the_token(kv: Kv, connect: Any) -> None:
    store = connect()
    await store.ping()
    assert "root-token" not in repr(store)
    assert set(kv.seen_tokens) == {"root-token-of-the-test"}
