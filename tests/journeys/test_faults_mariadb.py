"""MariaDB is killed, and restarted in order, while clients write and a worker works: what was promised is kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import define, field

from scaicontrol_adapters.scaikey.development import issue_dev_token
from scaicontrol_adapters.settings import Settings
from scaicontrol_adapters.sql.migrate import migrate
from scaicontrol_core.access import Role
from scaicontrol_core.kernel.ids import TenantId
from tests.bench import world
from tests.services.installation import Installation, eventually
from tests.services.mariadb import OwnMariaDb
from tests.services.receiver import Receiver, receiving

WRITERS = 4
#: How many orders are written before something happens to the database, and afterwards.
STRETCH = 12
#: Every so manieth order becomes an invoice: its PDF is the dearest thing here.
INVOICED = 4
#: What a client waits before it asks again; we say longer, but it is impatient.
PAUSE = 0.1
LONGEST = 40
IN_FLIGHT, UNKNOWN = "idempotency_in_flight", "commit_unknown"


@define
class Book:
    """What was ordered, and what clients heard of it."""

    api: httpx.AsyncClient
    tenants: list[TenantId]
    drafts: dict[int, str] = field(factory=dict)
    numbers: dict[int, str] = field(factory=dict)
    refusals: Counter[str] = field(factory=Counter)
    unknown: set[str] = field(factory=set)
    stuck: set[str] = field(factory=set)
    closing: bool = False
    _next: int = 0

    async def write(self) -> None:
        """Take orders until it is enough."""
        while not self.closing:
            await self.take_order()

    async def take_order(self) -> None:
        """Write a draft, and some finalize, as a client that asks again for what was refused."""
        self._next += 1
        order = self._next
        body = {"tenant_id": self.tenants[order % len(self.tenants)], "notes": f"order {order}", "lines": [LINE]}
        made = await self._post("/admin/invoices", f"draft-{order}", body)
        if made is None:
            return
        self.drafts[order] = made["id"]
        if order % INVOICED == 0:
            finalized = await self._post(f"/admin/invoices/{made['id']}/finalize", f"finalize-{order}", None)
            if finalized is not None:
                self.numbers[order] = finalized["number"]

    async def _post(self, path: str, key: str, body: Any) -> Any:
        """Return the answer; None if nobody can tell what came of it."""
        async with asyncio.timeout(LONGEST):
            while True:
                answer = await self.api.post(path, json=body, headers={"Idempotency-Key": key})
                if answer.is_success:
                    return answer.json()
                code = self._is_clean(answer)
                if code == UNKNOWN:
                    self.unknown.add(key)
                if code == IN_FLIGHT and key in self.unknown:
                    self.stuck.add(key)
                    return None
                await asyncio.sleep(PAUSE)

    def _is_clean(self, answer: httpx.Response) -> str:
        """Hold a refusal to what a client may be told; return its code."""
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        code: str = answer.json()["code"]
        assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE or code == IN_FLIGHT, answer.text
        if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            assert int(answer.headers["retry-after"]) > 0
        self.refusals[code] += 1
        return code

    async def written(self, count: int) -> None:
        """Wait until so many orders are written."""
        async with asyncio.timeout(LONGEST):
            while len(self.drafts) < count:  # noqa: ASYNC110  # another process brings it about
                await asyncio.sleep(0.02)


LINE = {"description": "Work", "unit_price_cents": "10000"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    with receiving() as running:
        yield running


@pytest.fixture
def site(own_mariadb: OwnMariaDb, redis_url: str, tmp_path: Path) -> Iterator[Installation]:
    """An installation on a MariaDB of its own, with nothing running yet."""
    settings = {
        "SCAICONTROL_DATABASE_URL": own_mariadb.create("scaicontrol"),
        "SCAICONTROL_DATA_DIR": str(tmp_path),
        "SCAICONTROL_REDIS_URL": redis_url,
        "SCAICONTROL_BACKGROUND_JOBS": "none",
        "SCAICONTROL_JOB_LEASE_SECONDS": "3",
        "SCAICONTROL_PDF_WORKERS": "1",
        "SCAICONTROL_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        "SCAICONTROL_WEBHOOK_ALLOW_HTTP": "yes",
    }
    with Installation(tmp_path, settings).opened() as made:
        yield made


async def customers_of(url: str) -> list[TenantId]:
    """Make the schema, an operator and some customers."""
    await migrate(url)
    here = await world.open_world(url)
    try:
        return await world.add_customers(here, 5)
    finally:
        await here.aclose()


async def test_what_was_answered_is_kept_and_nothing_happens_twice(
    own_mariadb: OwnMariaDb, site: Installation, receiver: Receiver
) -> None:
    own = Settings.from_environment(site.settings)
    tenants = await customers_of(own.database_url)
    token = issue_dev_token(own, role=Role.SUPER_ADMIN, tenant_id=None, partner_id=None, ttl=3600)
    site.start("scheduler")
    site.start("worker", "--processes", "1")
    address = await asyncio.to_thread(site.serve)
    async with httpx.AsyncClient(
        base_url=f"{address}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=LONGEST
    ) as api:
        wish = {"url": receiver.url("/all"), "topics": ["invoice.*"]}
        receiver.secrets["/all"] = [(await api.post("/admin/webhook-subscriptions", json=wish)).json()["secret"]]
        book = Book(api, tenants)
        for _ in range(INVOICED):
            await book.take_order()
        await asyncio.to_thread(eventually, lambda: receiver.effects("/all"))
        async with asyncio.TaskGroup() as writing:
            for _ in range(WRITERS):
                writing.create_task(book.write())
            await book.written(STRETCH)
            for end in (own_mariadb.kill, own_mariadb.stop):
                await asyncio.to_thread(end)
                await asyncio.to_thread(own_mariadb.start_again)
                await book.written(len(book.drafts) + STRETCH)
            book.closing = True
        assert book.refusals
        await nothing_is_lost(book, receiver)
    assert (await asyncio.to_thread(site.command, "admin", "audit"))["clean"]
    assert {word: site.faults(word) for word in ("serve", "worker", "scheduler")} == {
        "serve": [],
        "worker": [],
        "scheduler": [],
    }


async def nothing_is_lost(book: Book, receiver: Receiver) -> None:
    """All that was answered is there, once; it is told, and printed, by a worker that found back by itself."""
    found = await listed(book.api)
    assert {each["id"] for each in found} >= set(book.drafts.values())
    orders = [(await book.api.get(f"/admin/invoices/{each['id']}")).json()["notes"] for each in found]
    assert len(orders) == len(set(orders))
    numbered = {each["id"]: each["number"] for each in found if each["number"]}
    assert {book.drafts[order]: number for order, number in book.numbers.items()}.items() <= numbered.items()
    assert sorted(int(number[-6:]) for number in numbered.values()) == list(range(1, len(numbered) + 1))
    async with asyncio.timeout(LONGEST):
        while {each["pdf_status"] for each in await listed(book.api) if each["number"]} != {"ready"}:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    await asyncio.to_thread(eventually, lambda: len(receiver.effects("/all")) == len(numbered))
    assert {each["aggregate"]["id"] for each in receiver.effects("/all").values()} == set(numbered)
    assert {len(different) for different in receiver.bodies("/all").values()} == {1}


async def listed(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Return all invoices there are, drafts too."""
    found: list[dict[str, Any]] = []
    page: dict[str, str | int] = {"limit": 200}
    while page:
        answer = (await api.get("/admin/invoices", params=page)).json()
        found += answer["items"]
        page = {"limit": 200, "cursor": answer["next_cursor"]} if answer["next_cursor"] else {}
    return found
