"""What is remembered of a store: never longer than stated, asked for anew when a provider refuses it."""

from __future__ import annotations

import asyncio

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_adapters.scaivault.remembering import RememberedSecrets
from scaicontrol_core.kernel.secrets import SecretNotFound, SecretsDenied, SecretsUnavailable
from scaicontrol_core.testing.secrets import MemorySecrets

PATH = "mail/smtp"


@define
class Store:
    """A store in memory that counts, and may be away."""

    now: float = 1000.0
    asked: list[str] = field(factory=list)
    fault: Exception | None = None
    kept: MemorySecrets = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.kept = MemorySecrets(before=self.before)

    async def before(self, path: str) -> None:
        """Count, and fail."""
        self.asked.append(path)
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault

    def remembered(self, **how: float) -> RememberedSecrets:
        """Return what remembers."""
        return RememberedSecrets(self.kept, monotonic=lambda: self.now, **how)  # type: ignore[arg-type]


@pytest.fixture
async def store() -> Store:
    """A store with a secret."""
    made = Store()
    await made.kept.put(PATH, "one")
    made.asked.clear()
    return made


async def test_within_its_time_nobody_is_asked_twice(store: Store) -> None:
    secrets = store.remembered(seconds=300)
    await asyncio.gather(*(secrets.get(PATH) for _ in range(20)))
    store.now += 299.9
    await secrets.get(PATH)
    assert len(store.asked) == 1
    store.now += 0.1
    await store.kept.put(PATH, "two")
    assert (await secrets.get(PATH)).value == "two"


async def test_while_the_store_is_away_a_value_serves_for_its_time_and_no_longer(store: Store) -> None:
    secrets = store.remembered(seconds=300, stale_seconds=100)
    await secrets.get(PATH)
    store.fault = SecretsUnavailable("away")
    store.now += 399.9
    assert (await secrets.get(PATH)).value == "one"
    store.now += 0.1
    with pytest.raises(SecretsUnavailable):
        await secrets.get(PATH)
    store.fault = None
    assert (await secrets.get(PATH)).value == "one"


@pytest.mark.parametrize("fault", [SecretsDenied("no"), SecretNotFound.at(PATH)])
async def test_a_clear_no_is_believed_at_once(store: Store, fault: Exception) -> None:
    secrets = store.remembered(seconds=300)
    await secrets.get(PATH)
    store.now += 300
    store.fault = fault
    with pytest.raises(type(fault)):
        await secrets.get(PATH)
    store.fault = SecretsUnavailable("away")
    with pytest.raises(SecretsUnavailable):
        await secrets.get(PATH)


async def test_who_was_refused_gets_the_newest_but_a_flood_asks_once(store: Store) -> None:
    secrets = store.remembered(seconds=300)
    await secrets.get(PATH)
    await store.kept.put(PATH, "two")
    store.now += 6
    found = await asyncio.gather(*(secrets.refresh(PATH) for _ in range(50)))
    assert {each.value for each in found} == {"two"}
    assert (await secrets.get(PATH)).value == "two"
    assert store.asked.count(PATH) == 3
    store.fault = SecretsUnavailable("away")
    store.now += 6
    with pytest.raises(SecretsUnavailable):
        await secrets.refresh(PATH)
    assert (await secrets.get(PATH)).value == "two"


async def test_who_writes_here_reads_it_here_at_once(store: Store) -> None:
    secrets = store.remembered(seconds=300)
    await secrets.get(PATH)
    await secrets.put(PATH, "two")
    assert (await secrets.get(PATH)).value == "two"
    await secrets.delete(PATH)
    with pytest.raises(SecretNotFound):
        await secrets.get(PATH)


async def test_who_asked_before_a_change_does_not_remember_what_was(store: Store) -> None:
    secrets = store.remembered(seconds=300)
    asked = asyncio.create_task(secrets.get(PATH))
    await asyncio.sleep(0)
    await secrets.put(PATH, "two")
    await asked
    assert (await secrets.get(PATH)).value == "two"


async def test_only_so_many_are_remembered(store: Store) -> None:
    secrets = store.remembered(seconds=300, most=3)
    for number in range(10):
        await store.kept.put(f"p/{number}", "x")
        await secrets.get(f"p/{number}")
    assert len(secrets._remembered) == 3
    assert len(secrets._asking) == 0


async def test_with_no_time_nothing_is_remembered(store: Store) -> None:
    secrets = store.remembered(seconds=0, stale_seconds=100)
    for _ in range(2):
        await secrets.get(PATH)
    assert len(store.asked) == 2
    assert secrets._remembered == {}


@given(
    st.lists(
        st.tuples(
            st.floats(0, 500), st.sampled_from(("get", "refresh", "write", "away", "back")), st.sampled_from("ab")
        )
    )
)
async def test_nothing_is_ever_older_than_stated(steps: list[tuple[float, str, str]]) -> None:
    store = Store()
    secrets = store.remembered(seconds=300, stale_seconds=200)
    written: dict[str, list[tuple[float, str]]] = {name: [(store.now, "0")] for name in "ab"}
    for name in "ab":
        await store.kept.put(name, "0")
    for wait, step, name in steps:
        store.now += wait
        if step in {"away", "back"}:
            store.fault = SecretsUnavailable("away") if step == "away" else None
        elif step == "write":
            fault, store.fault = store.fault, None
            await store.kept.put(name, str(len(written[name])))
            written[name].append((store.now, str(len(written[name]))))
            store.fault = fault
        else:
            try:
                found = await (secrets.get(name) if step == "get" else secrets.refresh(name))
            except SecretsUnavailable:
                assert store.fault is not None
                continue
            limit = 5 if step == "refresh" else 500 if store.fault else 300
            replaced = [at for at, value in written[name] if int(value) > int(found.value)]
            assert all(store.now - at <= limit for at in replaced)
