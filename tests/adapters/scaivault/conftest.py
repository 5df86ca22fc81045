"""A KV v2 server of the test's own, and lines to it that do not wait."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from attrs import define, field

from scaicontrol_adapters.scaivault.line import Patience, VaultLine
from scaicontrol_adapters.scaivault.secrets import VaultSecrets
from scaicontrol_adapters.scaivault.tokens import GivenToken, LivingToken, TokenOrigin
from tests.services.kv import ROOT, Kv, serving

Connect = Callable[..., VaultSecrets]


@define
class Time:
    """A clock for both ends: it stands until it is turned."""

    server: Kv
    now: float = 1000.0
    slept: list[float] = field(factory=list)

    def __call__(self) -> float:
        """Return our time."""
        return self.now

    def pass_by(self, seconds: float) -> None:
        """Let time pass, here and there."""
        self.now += seconds
        self.server.ahead += seconds

    async def sleep(self, seconds: float) -> None:
        """Note a wait instead of waiting."""
        self.slept.append(seconds)


@pytest.fixture
def kv() -> Iterator[Kv]:
    """A server with nothing in it."""
    with serving() as running:
        yield running


@pytest.fixture
def time(kv: Kv) -> Time:
    """The clock."""
    return Time(kv)


@pytest.fixture
async def connect(kv: Kv, time: Time) -> AsyncIterator[Connect]:
    """Return what opens a store on the server, with the root's token or another origin."""
    opened: list[VaultSecrets] = []

    def to(origin: TokenOrigin | None = None, *, patience: Patience | None = None, url: str = "") -> VaultSecrets:
        line = VaultLine(url or kv.url, kv.namespace, patience or Patience(), sleep=time.sleep, monotonic=time)
        store = VaultSecrets(line, LivingToken(origin or GivenToken(ROOT), line, monotonic=time), kv.mount)
        opened.append(store)
        return store

    yield to
    for each in opened:
        await each.close()
