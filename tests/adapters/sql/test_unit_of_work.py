"""One use case, one transaction: state, audit log and outbox together, or nothing at all."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, cast

import pytest
from sqlalchemy import delete, select, text, update

from scaicontrol_adapters.sql.engine import Database, create_engine
from scaicontrol_adapters.sql.idempotency import SqlIdempotencyRecords
from scaicontrol_adapters.sql.retry import Backoff, retried
from scaicontrol_adapters.sql.rows.journal import AuditRow, OutboxRow
from scaicontrol_adapters.sql.rows.tenancy import PartnerRow, TenantRow
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor
from scaicontrol_core.kernel.errors import CommitUnknown, Conflict, ErrorKind, Refused, Retryable, Unavailable
from scaicontrol_core.kernel.idempotency import IdempotencyRecord
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.tenancy import BillingDetails
from scaicontrol_core.testing import FixedClock, SequentialIds, builders
from scaicontrol_core.testing.clock import DEFAULT_START

PLATFORM = Actor.system("test").with_request("req-1")
OURS = TenantId("tnt_ours")


async def _all(work: SqlUnitOfWorkFactory, row: Any) -> list[Any]:
    async with work.begin(PLATFORM, read_only=True) as begun:
        return list((await begun.transaction.execute(select(row))).scalars())


async def test_a_commit_writes_state_audit_log_and_outbox(work: SqlUnitOfWorkFactory) -> None:
    async with work.begin(PLATFORM) as begun:
        await begun.partners.add(builders.new_partner())
        await begun.commit()
    entries = {entry.action: entry for entry in await _all(work, AuditRow)}
    assert set(entries) == {"partner.created", "partner.billing_linked"}
    created = entries["partner.created"]
    assert (created.user_id, created.actor_kind, created.request_id) == ("system:test", "job", "req-1")
    assert (created.occurred_at, created.resource_id) == (DEFAULT_START, "prt_operator")
    (event,) = await _all(work, OutboxRow)
    assert event.topic == "partner.billing_linked.v1"
    assert event.idempotency_key == "partner:prt_operator:billing_linked:1"
    assert (event.aggregate_type, event.aggregate_id, event.aggregate_version, event.sequence) == (
        "partner",
        "prt_operator",
        1,
        1,
    )
    assert event.data["seller"]["legal_name"] == "ScaiLabs B.V."
    assert (event.attempts, event.fanned_out_at, event.position) == (0, None, None)


async def test_without_a_commit_there_is_nothing(work: SqlUnitOfWorkFactory) -> None:
    async with work.begin(PLATFORM) as begun:
        await begun.partners.add(builders.new_partner())
    with pytest.raises(ZeroDivisionError):
        await _fail_halfway(work)
    for row in (PartnerRow, AuditRow, OutboxRow):
        assert await _all(work, row) == []


async def _fail_halfway(work: SqlUnitOfWorkFactory) -> None:
    async with work.begin(PLATFORM) as begun:
        await begun.partners.add(builders.new_partner())
        _ = 1 // 0


async def test_a_failing_journal_takes_the_state_with_it(market: SqlUnitOfWorkFactory) -> None:
    """The same event announced twice is refused, and so is the change that came with it."""
    async with market.begin(PLATFORM) as begun:
        profile = await begun.billing_profiles.get(OURS)
        profile.change(_details("Zwolle"), DEFAULT_START)
        repeated = profile._events[0]
        await begun.billing_profiles.save(profile)
        await begun.commit()
    async with market.begin(PLATFORM) as begun:
        profile = await begun.billing_profiles.get(OURS)
        profile.change(_details("Leiden"), DEFAULT_START)
        profile._events[:] = [repeated]
        await begun.billing_profiles.save(profile)
        with pytest.raises(Conflict) as refused:
            await begun.commit()
    assert refused.value.code == "event_recorded"
    async with market.begin(PLATFORM, read_only=True) as begun:
        assert (await begun.billing_profiles.get(OURS)).details.city == "Zwolle"


def _details(city: str) -> BillingDetails:
    return builders.billing_details(city=city)


async def test_an_aggregates_events_are_counted_over_its_whole_life(market: SqlUnitOfWorkFactory) -> None:
    for city in ("Zwolle", "Leiden"):
        async with market.begin(PLATFORM) as begun:
            profile = await begun.billing_profiles.get(OURS)
            profile.change(_details(city), DEFAULT_START)
            await begun.billing_profiles.save(profile)
            await begun.commit()
    own = [event for event in await _all(market, OutboxRow) if event.aggregate_id == OURS]
    assert [(event.topic, event.sequence) for event in sorted(own, key=lambda event: event.sequence)] == [
        ("tenant.billing_linked.v1", 1),
        ("tenant.billing_updated.v1", 2),
        ("tenant.billing_updated.v1", 3),
    ]


async def test_only_an_actor_can_begin(work: SqlUnitOfWorkFactory) -> None:
    with pytest.raises(TypeError, match="Actor"):
        async with work.begin(PLATFORM.scope):  # type: ignore[arg-type]
            pass


async def test_the_audit_log_is_append_only_for_the_database_too(market: SqlUnitOfWorkFactory) -> None:
    for statement in (update(AuditRow).values(action="x"), delete(AuditRow)):
        with pytest.raises(Refused) as refused:
            async with market.database.writer.begin() as connection:
                await connection.execute(statement)
        assert refused.value.code == "audit_log_append_only"


# -- when the database gives up ------------------------------------------------------------------


class _Meeting:
    """Two use cases that each take a row and then want the other's: they meet once, then run free."""

    def __init__(self, work: SqlUnitOfWorkFactory) -> None:
        self.work, self.attempts = work, 0
        self._both_hold_one = asyncio.Barrier(2)

    async def rename(self, first: str, second: str) -> None:
        self.attempts += 1
        async with self.work.begin(PLATFORM) as begun:
            await begun.transaction.update(update(TenantRow).where(TenantRow.id == first).values(name="met"), {})
            if self.attempts <= 2:
                await self._both_hold_one.wait()
            await begun.transaction.update(update(TenantRow).where(TenantRow.id == second).values(name="met"), {})
            await begun.commit()


async def test_a_deadlock_is_solved_by_running_the_loser_again(migrated_mariadb_url: str) -> None:
    database = create_engine(migrated_mariadb_url)
    work = SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds())
    await _two_tenants(work)
    meeting = _Meeting(work)
    rename = retried(meeting.rename)
    await asyncio.gather(rename("tnt_a", "tnt_b"), rename("tnt_b", "tnt_a"))
    assert meeting.attempts == 3
    assert [row.name for row in await _all(work, TenantRow)] == ["met", "met"]
    await database.aclose()


async def _two_tenants(work: SqlUnitOfWorkFactory) -> None:
    async with work.begin(PLATFORM) as begun:
        await begun.partners.add(builders.new_partner())
        for tenant_id in ("tnt_a", "tnt_b"):
            await begun.tenants.add(builders.new_tenant(TenantId(tenant_id)))
        await begun.commit()


async def test_a_lost_connection_before_commit_is_worth_another_run(migrated_mariadb_url: str) -> None:
    database = create_engine(migrated_mariadb_url)
    work = SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds())
    await _two_tenants(work)
    attempts = 0

    async def rename() -> None:
        nonlocal attempts
        attempts += 1
        async with work.begin(PLATFORM) as begun:
            await begun.transaction.update(update(TenantRow).values(name="again"), {})
            if attempts == 1:
                await _kill(database, begun)
            await begun.transaction.update(update(TenantRow).values(name="renamed"), {})
            await begun.commit()

    await retried(rename)()
    assert attempts == 2
    assert {row.name for row in await _all(work, TenantRow)} == {"renamed"}
    await database.aclose()


async def test_a_connection_lost_during_commit_is_told_as_unknown(migrated_mariadb_url: str) -> None:
    database = create_engine(migrated_mariadb_url)
    work = SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds())
    await _two_tenants(work)
    async with work.begin(PLATFORM) as begun:
        await begun.transaction.update(update(TenantRow).values(name="who knows"), {})
        await _kill(database, begun)
        with pytest.raises(CommitUnknown) as unknown:
            await begun.commit()
    assert unknown.value.kind is ErrorKind.UNAVAILABLE
    await database.aclose()


async def _kill(database: Database, begun: Any) -> None:
    connection = await begun.transaction.session.connection()
    number = (await connection.execute(text("SELECT CONNECTION_ID()"))).scalar_one()
    async with database.writer.connect() as other:
        await other.execute(text(f"KILL CONNECTION {number}"))


async def test_a_file_locked_by_another_program_is_worth_another_run(migrated_sqlite_url: str) -> None:
    ours, theirs = create_engine(migrated_sqlite_url), create_engine(migrated_sqlite_url)
    work = SqlUnitOfWorkFactory(ours, FixedClock(), SequentialIds())
    async with ours.writer.begin() as connection:
        await connection.execute(text("PRAGMA busy_timeout = 1"))
    async with theirs.writer.begin():
        with pytest.raises(Retryable):
            async with work.begin(PLATFORM) as begun:
                await begun.partners.add(builders.new_partner())
        async with work.begin(PLATFORM, read_only=True) as begun:  # readers never wait
            assert await begun.partners.operator() is None
    async with work.begin(PLATFORM) as begun:
        await begun.partners.add(builders.new_partner())
        await begun.commit()
    await ours.aclose()
    await theirs.aclose()


async def test_a_read_of_mariadb_is_its_statements_and_no_more(migrated_mariadb_url: str) -> None:
    """Each BEGIN or ROLLBACK is a round trip, and there are many more reads than writes."""
    database = create_engine(migrated_mariadb_url, pool_size=1)
    work = SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds())
    async with work.begin(PLATFORM, read_only=True) as begun:
        assert await begun.partners.operator() is None
    async with database.reader.connect() as connection:
        asked = await connection.execute(
            text("SHOW SESSION STATUS WHERE Variable_name IN ('Com_rollback', 'Com_begin')")
        )
        assert dict(asked.all()) == {"Com_begin": "0", "Com_rollback": "0"}
    await database.aclose()


@pytest.mark.services
async def test_when_all_connections_are_taken_whoever_waits_in_vain_is_told_so(migrated_mariadb_url: str) -> None:
    database = create_engine(migrated_mariadb_url, pool_size=1)
    work, keys = SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds()), SqlIdempotencyRecords(database)
    for engine in (database.writer, database.reader):
        cast("Any", engine.pool)._timeout = 0.05
    async with database.writer.connect(), database.reader.connect():
        with pytest.raises(Unavailable, match="busy"):
            await _all(work, PartnerRow)
        with pytest.raises(Unavailable, match="busy"):
            await keys.claim(IdempotencyRecord("anna", "k-1", "a" * 64, DEFAULT_START))
    await database.aclose()


@pytest.mark.services
async def test_a_server_that_vanishes_without_a_word_is_given_up_in_a_minute(migrated_mariadb_url: str) -> None:
    database = create_engine(migrated_mariadb_url)
    for engine in (database.writer, database.reader):
        async with engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            line = driver._writer.get_extra_info("socket")
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            names = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
            idle, every, probes, unheard = (line.getsockopt(socket.IPPROTO_TCP, getattr(socket, n)) for n in names)
            assert (idle + every * probes, unheard) == (60, 60_000)
    await database.aclose()


async def test_a_database_that_is_not_there_is_unavailable() -> None:
    database = create_engine("mysql+aiomysql://nobody:x@127.0.0.1:9/none")
    work = SqlUnitOfWorkFactory(database, FixedClock(), SequentialIds())
    with pytest.raises(Unavailable):
        async with work.begin(PLATFORM) as begun:
            await begun.partners.operator()
    await database.aclose()


def test_other_databases_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="postgresql"):
        create_engine("postgresql+asyncpg://localhost/x")


# -- the retry itself ----------------------------------------------------------------------------


class _Unlucky:
    """A use case that the database gives up a number of times."""

    def __init__(self, times: int) -> None:
        self.times, self.runs = times, 0

    async def __call__(self, partner_id: PartnerId, *, note: str) -> str:
        self.runs += 1
        if self.runs <= self.times:
            raise Retryable("deadlock")
        return f"{partner_id} {note}"


class _Naps:
    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def test_the_whole_use_case_runs_again_after_growing_pauses() -> None:
    unlucky, naps = _Unlucky(3), _Naps()
    call = retried(unlucky, Backoff(base_seconds=0.25, jitter=lambda: 0.5, sleep=naps))
    assert await call(PartnerId("prt_1"), note="done") == "prt_1 done"
    assert (unlucky.runs, naps.seconds) == (4, [0.25, 0.5, 1.0])


async def test_at_last_the_caller_is_told() -> None:
    unlucky, naps = _Unlucky(99), _Naps()
    with pytest.raises(Retryable):
        await retried(unlucky, Backoff(attempts=5, sleep=naps))(PartnerId("prt_1"), note="")
    assert (unlucky.runs, len(naps.seconds)) == (5, 4)
    assert max(naps.seconds) < 1.5
