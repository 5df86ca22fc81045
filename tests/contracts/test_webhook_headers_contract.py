"""Headers that go with each request may be credentials: their values are kept with the secrets and leave no orphans."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import define, evolve, field

from scaicontrol_core.access import Actor
from scaicontrol_core.delivery.secret_keeping import NewWebhookSubscription
from scaicontrol_core.delivery.signature import secret_of
from scaicontrol_core.delivery.use_cases import sweep_webhook_secrets
from scaicontrol_core.delivery.use_cases.create_webhook_subscription import CreateWebhookSubscription
from scaicontrol_core.delivery.use_cases.delete_webhook_subscription import DeleteWebhookSubscription
from scaicontrol_core.delivery.use_cases.sweep_webhook_secrets import SweepWebhookSecrets
from scaicontrol_core.delivery.use_cases.update_webhook_subscription import UpdateWebhookSubscription
from scaicontrol_core.delivery.webhook_subscription import DisableReason, SecretRef, WebhookSubscription
from scaicontrol_core.delivery.webhook_terms import WebhookChanges, WebhookTerms
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound
from scaicontrol_core.kernel.ids import PartnerId, WebhookSubscriptionId, compose_id
from scaicontrol_core.testing import FixedClock
from scaicontrol_core.testing.faults import FaultyWork, Killed
from scaicontrol_core.testing.secrets import MemorySecrets

PLATFORM = Actor.system("contract")
URL = "https://hooks.example.com/scai"
TOKEN = "Bearer 0123456789"


@define
class TimedIds:
    """Identifiers that tell when they were made, as the real ones do."""

    clock: FixedClock
    made: int = 0

    def new(self, prefix: str) -> str:
        """Return the next one."""
        self.made += 1
        return compose_id(prefix, int(self.clock.now().timestamp() * 1000), self.made)


@define
class Office:
    """Webhooks over one store, and the secrets beside it."""

    work: Any
    clock: FixedClock = field(factory=FixedClock)
    secrets: MemorySecrets = field(factory=MemorySecrets)
    ids: TimedIds = field(init=False)
    destinations: Any = None
    randomness: Any = None
    retry: Any = None

    def __attrs_post_init__(self) -> None:
        """Be its own chance and network."""
        self.ids = TimedIds(self.clock)
        self.randomness = self.destinations = self
        self.retry = self.at_once

    def key(self, size: int) -> bytes:
        """Return a key."""
        return b"k" * size

    async def require(self, url: str) -> None:
        """Let everything be sent to."""

    async def at_once(self, attempt: Any) -> Any:
        """Try once."""
        return await attempt()

    def use(self, use_case: Any, **instead: Any) -> Any:
        """Make a use case of what is here."""
        names = [attribute.name for attribute in use_case.__attrs_attrs__]
        return use_case(**{name: instead.get(name, getattr(self, name)) for name in names})

    async def subscribe(self, **headers: str) -> WebhookSubscription:
        """Subscribe with headers."""
        terms = WebhookTerms(url=URL, topics=("*",), headers=headers)
        issued = await self.use(CreateWebhookSubscription)(PLATFORM, NewWebhookSubscription(terms=terms))
        return await self.kept(issued.subscription.id)

    async def change(self, it: WebhookSubscription, **changes: Any) -> WebhookSubscription:
        """Change a subscription; return what is kept of it."""
        await self.use(UpdateWebhookSubscription)(PLATFORM, it.id, WebhookChanges(**changes))
        return await self.kept(it.id)

    async def kept(self, subscription_id: WebhookSubscriptionId) -> WebhookSubscription:
        """Return a subscription as it is kept."""
        async with self.work.begin(PLATFORM, read_only=True) as work:
            found: WebhookSubscription = await work.webhook_subscriptions.get(subscription_id)
            return found

    def values_of(self, it: WebhookSubscription) -> Any:
        """Return the headers' values from the secrets."""
        assert it.kept_headers is not None
        (value,) = self.secrets.contents[it.kept_headers.path].values()
        return json.loads(value)

    async def sweep(self) -> int:
        """Sweep once, as the job does."""
        swept: int = await self.use(SweepWebhookSecrets)(PLATFORM)
        return swept


@pytest.fixture
def office(work_factory: Any) -> Office:
    """Nobody has subscribed yet."""
    return Office(work_factory)


async def test_values_are_kept_with_the_secrets_and_nowhere_else(office: Office) -> None:
    it = await office.subscribe(authorization=TOKEN, x_team="billing")
    assert (it.header_names, it.terms.headers) == (("authorization", "x_team"), {})
    assert office.values_of(it) == {"authorization": TOKEN, "x_team": "billing"}
    assert TOKEN not in repr(it)
    plain = await office.subscribe()
    assert (plain.kept_headers, plain.header_names, len(plain.secret_paths)) == (None, (), 1)


async def test_new_headers_replace_all_and_the_same_ones_change_nothing(office: Office) -> None:
    it = await office.subscribe(authorization=TOKEN)
    same = await office.change(it, headers={"authorization": TOKEN})
    assert (same.version, same.kept_headers) == (it.version, it.kept_headers)
    told = await office.change(it, description="CRM")
    assert (told.version, told.kept_headers) == (it.version + 1, it.kept_headers)
    turned = await office.change(it, headers={"x-key": "new"})
    assert (turned.header_names, office.values_of(turned)) == (("x-key",), {"x-key": "new"})
    assert sorted(office.secrets.contents) == sorted(turned.secret_paths)
    none = await office.change(it, headers={})
    assert (none.header_names, sorted(office.secrets.contents)) == ((), sorted(none.secret_paths))


async def test_what_is_refused_is_not_kept(office: Office) -> None:
    it = await office.subscribe()
    for wrong in ({"host": "evil.example"}, {"x": "a\r\nb: c"}):
        with pytest.raises(Invalid):
            await office.change(it, headers=wrong)
    with pytest.raises(NotFound):
        await office.change(it, headers={"x": "y"}, only_partner_id=PartnerId("prt_none"))
    assert sorted(office.secrets.contents) == sorted(it.secret_paths)


async def test_values_that_stood_in_the_row_are_sent_until_they_are_changed(office: Office) -> None:
    old = WebhookSubscription(
        id=WebhookSubscriptionId(office.ids.new("whs")),
        partner_id=None,
        terms=WebhookTerms(url=URL, topics=("*",), headers={"authorization": TOKEN}),
        secrets=(SecretRef("webhooks/old/1"),),
        created_at=office.clock.now(),
        updated_at=office.clock.now(),
    )
    await office.secrets.put("webhooks/old/1", secret_of(b"k" * 32))
    async with office.work.begin(PLATFORM) as work:
        await work.webhook_subscriptions.add(old.record_creation())
        await work.commit()
    it = await office.change(old, description="CRM")
    assert (it.terms.headers, it.kept_headers, it.header_names) == ({"authorization": TOKEN}, None, ("authorization",))
    moved = await office.change(old, headers={"authorization": TOKEN})
    assert (moved.terms.headers, office.values_of(moved)) == ({}, {"authorization": TOKEN})


async def test_whoever_lost_the_values_gives_them_anew(office: Office) -> None:
    it = await office.subscribe(authorization=TOKEN)
    assert it.kept_headers is not None
    await office.secrets.delete(it.kept_headers.path)
    mended = await office.change(it, headers={"authorization": TOKEN})
    assert office.values_of(mended) == {"authorization": TOKEN}


async def test_what_a_crash_left_behind_is_swept_an_hour_later(office: Office) -> None:
    it = await office.subscribe(authorization=TOKEN)
    create, command = office.use(CreateWebhookSubscription, work=FaultyWork(office.work, kill_before=1)), it.terms
    with pytest.raises(Killed):
        await create(PLATFORM, NewWebhookSubscription(terms=evolve(command, headers={"x": "orphan"})))
    update = office.use(UpdateWebhookSubscription, work=FaultyWork(office.work, kill_before=1))
    with pytest.raises(Killed):
        await update(PLATFORM, it.id, WebhookChanges(headers={"x": "orphan"}))
    after = office.use(UpdateWebhookSubscription, work=FaultyWork(office.work, kill_after=1))
    with pytest.raises(Killed):
        await after(PLATFORM, it.id, WebhookChanges(headers={"x": "new"}))
    for other in ("webhooks/ours", "webhooks/whs_x/sec_y", "payments/token"):
        await office.secrets.put(other, "somebody else's")
    left = len(office.secrets.contents)
    office.clock.advance(hours=1)
    assert await office.sweep() == 0
    office.clock.advance(seconds=1)
    assert await office.sweep() == 4
    it = await office.kept(it.id)
    assert office.values_of(it) == {"x": "new"}
    assert len(office.secrets.contents) == left - 4
    assert set(it.secret_paths) < set(office.secrets.contents)
    assert await office.sweep() == 0


async def test_what_is_deleted_takes_its_headers_along(office: Office) -> None:
    it = await office.subscribe(authorization=TOKEN)
    await office.use(DeleteWebhookSubscription)(PLATFORM, it.id)
    assert office.secrets.contents == {}


async def test_disabled_ones_and_those_on_the_next_page_keep_theirs(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_webhook_secrets, "MAX_LIMIT", 2)
    kept = [await office.subscribe(x=str(number)) for number in range(5)]
    async with office.work.begin(PLATFORM) as work:
        off = await work.webhook_subscriptions.get(kept[0].id)
        off.disable(DisableReason.BY_HAND, office.clock.now())
        await work.webhook_subscriptions.save(off)
        await work.commit()
    office.clock.advance(hours=2)
    assert await office.sweep() == 0
    assert set(office.secrets.contents) == {path for each in kept for path in each.secret_paths}


async def test_only_the_platform_sweeps(office: Office) -> None:
    with pytest.raises(Forbidden):
        await office.use(SweepWebhookSecrets)(Actor.partner_admin("rita", PartnerId("prt_1")))
