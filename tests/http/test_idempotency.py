"""What becomes of an ``Idempotency-Key`` when its request did not end well, and what a repeat gets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from attrs import define
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar, post
from litestar import Response as Answer

from scaicontrol_adapters.container import Container
from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import Conflict, NotFound, Retryable, ScaiControlError, Unavailable
from scaicontrol_core.kernel.idempotency import IdempotencyRecord, StoredAnswer
from scaicontrol_core.kernel.work import ActsInScope
from scaicontrol_core.testing import FixedClock
from scaicontrol_http.dependencies import ACTOR_STATE
from scaicontrol_http.errors import EXCEPTION_HANDLERS
from scaicontrol_http.idempotency import Idempotency

PARTNERS = "/api/v1/admin/partners"
KEY = {"Idempotency-Key": "k-1"}
LOST = Unavailable("The connection was lost during COMMIT.", code="commit_unknown")


@define
class Faulty:
    """A database that raises once: before it commits, or after."""

    inner: Any
    fault: Exception | None
    written: bool

    @asynccontextmanager
    async def begin(self, actor: ActsInScope, *, read_only: bool = False) -> AsyncIterator[Any]:
        """Begin a unit of work whose commit fails, the first time."""
        async with self.inner.begin(actor, read_only=read_only) as work:
            if not read_only and self.fault is not None:
                work.commit = self._failing(work.commit)
            yield work

    def _failing(self, commit: Any) -> Any:
        async def failing() -> None:
            fault, self.fault = self.fault, None
            if self.written:
                await commit()
            if fault is not None:
                raise fault

        return failing


async def _create(client: AsyncClient, admin: dict[str, str]) -> Response:
    return await client.post(PARTNERS, json={"name": "Reseller"}, headers=admin | KEY)


async def _total(client: AsyncClient, admin: dict[str, str]) -> int:
    total: int = (await client.get(PARTNERS, headers=admin)).json()["total"]
    return total


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize(("fault", "status"), [(LOST, 503), (RuntimeError("a mistake of ours"), 500)])
async def test_a_key_whose_outcome_nobody_knows_stays_in_flight(
    container: Container, client: AsyncClient, admin: dict[str, str], fault: Exception, status: int, *, written: bool
) -> None:
    container.work = cast("Any", Faulty(container.work, fault, written))
    assert (await _create(client, admin)).status_code == status
    for _ in range(2):
        again = await _create(client, admin)
        assert (again.status_code, again.json()["code"]) == (409, "idempotency_in_flight")
        assert "look whether the first one took effect" in again.json()["hint"]
    assert await _total(client, admin) == int(written)


async def test_a_key_in_flight_is_free_after_a_day(
    container: Container, client: AsyncClient, admin: dict[str, str], clock: FixedClock
) -> None:
    container.work = cast("Any", Faulty(container.work, LOST, written=False))
    await _create(client, admin)
    clock.advance(hours=24)
    assert (await _create(client, admin)).status_code == 201


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (Conflict("It collides."), 409),
        (NotFound("It is gone."), 404),
        (Unavailable("The database takes no writes.", code="database_unavailable"), 503),
    ],
)
async def test_a_request_that_was_refused_frees_its_key(
    container: Container, client: AsyncClient, admin: dict[str, str], refusal: ScaiControlError, status: int
) -> None:
    container.work = cast("Any", Faulty(container.work, refusal, written=False))
    assert (await _create(client, admin)).status_code == status
    assert (await _create(client, admin)).status_code == 201
    assert await _total(client, admin) == 1


async def test_a_repeat_has_the_version_of_what_was_made(client: AsyncClient, admin: dict[str, str]) -> None:
    first, again = await _create(client, admin), await _create(client, admin)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    changed = await client.patch(
        f"{PARTNERS}/{again.json()['id']}", json={"name": "R"}, headers=admin | {"If-Match": again.headers["etag"]}
    )
    assert changed.status_code == 200


async def test_of_the_headers_only_those_of_the_thing_are_repeated() -> None:
    @post("/", opt={"idempotent": True})
    async def make() -> Answer[dict[str, str]]:
        return Answer({}, headers={"ETag": '"7"', "Location": "/things/1", "X-Request-ID": "req_1"})

    async with AsyncClient(transport=_over(Container.in_memory(), make), base_url="http://server") as client:
        first, again = await client.post("/", headers=KEY), await client.post("/", headers=KEY)
    assert first.headers["x-request-id"] == "req_1"
    assert "x-request-id" not in again.headers
    assert (again.headers["etag"], again.headers["location"]) == ('"7"', "/things/1")


@define
class Forgetful:
    """Keeps claims, and fails a number of times when it is told how they ended."""

    inner: Any
    failures: int

    async def claim(self, record: Any) -> Any:
        """Claim."""
        return await self.inner.claim(record)

    async def complete(self, record: IdempotencyRecord, answer: StoredAnswer) -> None:
        """Keep the answer, unless there is a failure left."""
        self._fail()
        await self.inner.complete(record, answer)

    async def release(self, record: IdempotencyRecord) -> None:
        """Free the key, unless there is a failure left."""
        self._fail()
        await self.inner.release(record)

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise Retryable("The database gave up this transaction for another one.")


async def test_an_answer_is_kept_though_the_database_gives_up_at_first(
    container: Container, client: AsyncClient, admin: dict[str, str]
) -> None:
    container.idempotency = cast("Any", Forgetful(container.idempotency, 2))
    first, again = await _create(client, admin), await _create(client, admin)
    assert (first.status_code, again.content) == (201, first.content)


@pytest.mark.parametrize(("name", "status"), [("Reseller", 201), ("", 422)])
async def test_whoever_asked_gets_the_answer_even_if_it_cannot_be_kept(
    container: Container, client: AsyncClient, admin: dict[str, str], name: str, status: int
) -> None:
    container.idempotency = cast("Any", Forgetful(container.idempotency, 100))
    container.retry = _at_once
    answers = [await client.post(PARTNERS, json={"name": name}, headers=admin | KEY) for _ in range(2)]
    assert [each.status_code for each in answers] == [status, 409]


async def _at_once(attempt: Any) -> Any:
    return await attempt()


def _over(container: Container, *routes: Any) -> ASGITransport:
    """Return a server of such routes for one known caller."""
    app = Litestar(
        [*routes],
        middleware=[Idempotency(container)],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=None,
        logging_config=None,
    )

    async def known(scope: Any, receive: Any, send: Any) -> None:
        scope["state"] = {ACTOR_STATE: Actor.operator("tests")}
        await app(scope, receive, send)

    return ASGITransport(cast("Any", known))
