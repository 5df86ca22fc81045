"""The tenancy guard: no statement leaves its scope, however it is written."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import bindparam, create_engine, delete, exists, func, insert, literal, select, text, update
from sqlalchemy.orm import aliased

from scaicontrol_adapters.sql.guard import OPENING, UNGUARDED, ScopedSession, Unguardable
from scaicontrol_adapters.sql.rows.base import Reach, Row
from scaicontrol_adapters.sql.rows.billing import InvoiceRow
from scaicontrol_adapters.sql.rows.catalog import PlanRow
from scaicontrol_adapters.sql.rows.journal import AuditRow
from scaicontrol_adapters.sql.rows.tenancy import BillingProfileRow, PartnerRow, TenantRow
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor, ActorKind, Role
from scaicontrol_core.kernel.errors import OutOfScope
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.testing.clock import DEFAULT_START

RESELLER, OURS, THEIRS = PartnerId("prt_reseller"), TenantId("tnt_ours"), TenantId("tnt_theirs")
PLATFORM = Actor.system("test")
PARTNER = Actor.partner_admin("rita", RESELLER)
TENANT = Actor.tenant_user("tim", OURS, RESELLER, Role.TENANT_ADMIN)
SERVICE = Actor(ActorKind.SERVICE, "scaikey", Scope.service("scaikey"))
SCOPED = [PARTNER, TENANT]
ANOTHER = aliased(TenantRow)


async def _scalars(work: SqlUnitOfWorkFactory, actor: Actor, statement: Any, **options: Any) -> list[Any]:
    async with work.begin(actor) as begun:
        return list((await begun.transaction.execute(statement, **options)).scalars())


@pytest.mark.parametrize("actor", SCOPED, ids=lambda actor: actor.scope.kind.value)
@pytest.mark.parametrize(
    "statement",
    [
        select(TenantRow.id),
        select(TenantRow.id).where(TenantRow.id.in_([OURS, THEIRS])),
        select(BillingProfileRow.tenant_id),
        select(aliased(TenantRow).id),
        select(TenantRow.id).join(BillingProfileRow, BillingProfileRow.tenant_id == TenantRow.id),
        select(BillingProfileRow.tenant_id).join(TenantRow, literal(1) == 1),
        select(TenantRow.id).where(TenantRow.id.in_(select(BillingProfileRow.tenant_id))),
        select(TenantRow.id).join(ANOTHER, ANOTHER.id == TenantRow.id),
        select(select(TenantRow.id).subquery().c.id),
        select(aliased(TenantRow, select(TenantRow).subquery()).id),
        select(select(TenantRow.id).cte().c.id),
        select(TenantRow.id).union_all(select(BillingProfileRow.tenant_id)),
        select(func.max(TenantRow.id)),
        select(TenantRow.id).with_for_update(),
    ],
    ids=[
        "plain", "in", "other table", "alias", "join", "cross join", "subquery", "self join", "derived",
        "derived entity",
        "cte", "union", "aggregate",
        "locking",
    ],
)  # fmt: skip
async def test_every_form_of_select_shows_own_rows_only(
    market: SqlUnitOfWorkFactory, actor: Actor, statement: Any
) -> None:
    assert set(await _scalars(market, actor, statement)) == {OURS}


async def test_a_row_of_somebody_else_does_not_count_either(market: SqlUnitOfWorkFactory) -> None:
    counted = select(func.count()).select_from(TenantRow)
    foreign = select(TenantRow.id).where(
        exists().where(BillingProfileRow.tenant_id == THEIRS)  # an oracle, if it looked past the scope
    )
    assert await _scalars(market, PARTNER, counted) == [1]
    assert await _scalars(market, PARTNER, foreign) == []
    assert await _scalars(market, PLATFORM, counted) == [2]


async def test_a_service_sees_nothing_of_customers(market: SqlUnitOfWorkFactory) -> None:
    for column in (TenantRow.id, PartnerRow.id, BillingProfileRow.tenant_id, InvoiceRow.id, AuditRow.id):
        assert await _scalars(market, SERVICE, select(column)) == []


async def test_a_partner_sees_its_own_partner_row_and_a_tenant_none(market: SqlUnitOfWorkFactory) -> None:
    assert await _scalars(market, PARTNER, select(PartnerRow.id)) == [RESELLER]
    assert await _scalars(market, TENANT, select(PartnerRow.id)) == []


@pytest.mark.parametrize("actor", SCOPED, ids=lambda actor: actor.scope.kind.value)
async def test_update_and_delete_reach_own_rows_only(market: SqlUnitOfWorkFactory, actor: Actor) -> None:
    async with market.begin(actor) as begun:
        renamed = update(TenantRow).values(name="renamed")
        assert await begun.transaction.update(renamed, {}) == 1
        assert await begun.transaction.update(renamed.where(TenantRow.id == THEIRS), {}) == 0
        assert await begun.transaction.update(delete(BillingProfileRow), {}) == 1
        await begun.commit()
    assert await _scalars(market, PLATFORM, select(TenantRow.name).where(TenantRow.id == THEIRS)) != ["renamed"]
    assert await _scalars(market, PLATFORM, select(BillingProfileRow.tenant_id)) == [THEIRS]


async def test_an_update_of_many_carries_the_scope_too(market: SqlUnitOfWorkFactory) -> None:
    renamed = update(TenantRow).where(TenantRow.id == bindparam("wanted")).values(name=bindparam("given"))
    rows = [{"wanted": OURS, "given": "a"}, {"wanted": THEIRS, "given": "b"}]
    async with market.begin(PARTNER) as begun:
        assert await begun.transaction.update_each(renamed, rows) == 1
    async with market.begin(PLATFORM) as begun:
        assert await begun.transaction.update_each(renamed, rows) == 2


@pytest.mark.parametrize("actor", [*SCOPED, PLATFORM], ids=lambda actor: actor.scope.kind.value)
@pytest.mark.parametrize("column", ["id", "partner_id"])
async def test_nobody_moves_a_row_to_another_owner(market: SqlUnitOfWorkFactory, actor: Actor, column: str) -> None:
    async with market.begin(actor) as begun:
        with pytest.raises(Unguardable, match="owner"):
            await begun.transaction.update(update(TenantRow).values({column: "prt_rival"}), {})
        with pytest.raises(Unguardable, match="owner"):
            await begun.transaction.update(update(TenantRow).where(TenantRow.id == OURS), {column: "prt_rival"})


def _tenant_of(partner_id: str, tenant_id: str = "tnt_new") -> dict[str, Any]:
    return {
        "id": tenant_id,
        "partner_id": partner_id,
        "name": "New",
        "search_text": "new",
        "collection_method": "send_invoice",
        "is_active": True,
        "created_at": DEFAULT_START,
        "version": 1,
    }


@pytest.mark.parametrize("actor", [*SCOPED, SERVICE], ids=lambda actor: actor.scope.kind.value)
async def test_an_insert_for_somebody_else_is_refused(market: SqlUnitOfWorkFactory, actor: Actor) -> None:
    own, foreign = _tenant_of(RESELLER), _tenant_of("prt_rival", "tnt_other")
    async with market.begin(actor) as begun:
        execute = begun.transaction.session.execute
        with pytest.raises(OutOfScope):
            await begun.transaction.insert(TenantRow, [foreign])
        with pytest.raises(OutOfScope):
            await begun.transaction.insert(TenantRow, [own, foreign])
        with pytest.raises(OutOfScope):
            await execute(insert(TenantRow).values(foreign))
        with pytest.raises(OutOfScope):
            await execute(insert(TenantRow).values({**own, "partner_id": literal("prt_rival")}))
        with pytest.raises(OutOfScope):
            await execute(insert(TenantRow), foreign)
        begun.transaction.session.add(TenantRow(**foreign))
        with pytest.raises(OutOfScope):
            await begun.transaction.session.flush()


async def test_an_insert_must_say_whose_row_it_is(market: SqlUnitOfWorkFactory) -> None:
    async with market.begin(PARTNER) as begun:
        unowned = {key: value for key, value in _tenant_of(RESELLER).items() if key != "partner_id"}
        with pytest.raises(OutOfScope):
            await begun.transaction.insert(TenantRow, [unowned])
        with pytest.raises(OutOfScope):
            await begun.transaction.session.execute(
                insert(TenantRow).values({**unowned, "partner_id": func.lower("X")})
            )


async def test_a_partner_may_add_a_tenant_of_its_own(market: SqlUnitOfWorkFactory) -> None:
    async with market.begin(PARTNER) as begun:
        await begun.transaction.insert(TenantRow, [_tenant_of(RESELLER)])
        await begun.commit()
    assert "tnt_new" in await _scalars(market, PLATFORM, select(TenantRow.id))


async def test_an_object_cannot_be_moved_in_the_session_either(market: SqlUnitOfWorkFactory) -> None:
    async with market.begin(PARTNER) as begun:
        session = begun.transaction.session
        own = (await session.execute(select(TenantRow))).scalars().one()
        own.partner_id = "prt_rival"
        with pytest.raises(Unguardable, match="owner"):
            await session.flush()


TENANTS = TenantRow.__table__
CORE_ALIAS = TENANTS.alias()


@pytest.mark.parametrize("actor", [*SCOPED, PLATFORM], ids=lambda actor: actor.scope.kind.value)
@pytest.mark.parametrize(
    "statement",
    [
        select(TENANTS.c.id),
        select(func.count()).select_from(TENANTS),
        select(TenantRow.id).where(TenantRow.id.in_(select(TENANTS.c.id))),
        select(TenantRow.id).join(TENANTS, TENANTS.c.id == TenantRow.id),
        select(TENANTS.alias().c.id),
        select(TenantRow.id).join(CORE_ALIAS, CORE_ALIAS.c.id == TenantRow.id),
        select(func.count(TenantRow.id)).select_from(CORE_ALIAS),
        select(BillingProfileRow.tenant_id).where(exists().where(TENANTS.c.id == THEIRS)),
        text("SELECT id FROM tenants"),
        select(TenantRow.id).where(text("1 = 1")),
        select(TenantRow).from_statement(text("SELECT * FROM tenants")),
        update(TENANTS).values(name="x"),  # type: ignore[arg-type]
        delete(TENANTS),  # type: ignore[arg-type]
        insert(TENANTS).values(id="x"),  # type: ignore[arg-type]
        insert(TenantRow).from_select(["id"], select(TenantRow.id)),
        insert(TenantRow).values([{"id": "x", "partner_id": RESELLER}]),
        select(literal(1)),
    ],
    ids=[
        "core select", "core count", "core subquery", "core join", "core alias", "core alias join", "core alias count",
        "core exists", "text", "text in where",
        "from text", "core update", "core delete", "core insert", "insert select", "multi values", "no table",
    ],
)  # fmt: skip
async def test_what_cannot_be_guarded_is_refused(market: SqlUnitOfWorkFactory, actor: Actor, statement: Any) -> None:
    async with market.begin(actor) as begun:
        with pytest.raises(Unguardable):
            await begun.transaction.execute(statement)


async def test_a_bulk_update_by_primary_key_is_refused(market: SqlUnitOfWorkFactory) -> None:
    async with market.begin(PARTNER) as begun:
        with pytest.raises(Unguardable, match="primary key"):
            await begun.transaction.session.execute(
                update(TenantRow), [{"id": OURS, "name": "a"}, {"id": THEIRS, "name": "b"}]
            )


async def test_an_upsert_is_refused(market: SqlUnitOfWorkFactory) -> None:
    harmless = market.database.dialect.insert_if_absent(TenantRow, "id")
    async with market.begin(PARTNER) as begun:
        with pytest.raises(Unguardable, match="upsert"):
            await begun.transaction.session.execute(
                harmless, _tenant_of(RESELLER), execution_options={"keeps_existing": False}
            )


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (insert(TenantRow).prefix_with("OR REPLACE"), {"id": THEIRS}),
        (update(TenantRow).prefix_with("OR REPLACE").where(TenantRow.id == OURS).values(external_reference="x"), None),
        (delete(TenantRow).prefix_with("IGNORE"), None),
    ],
    ids=["insert", "update", "delete"],
)
async def test_a_statement_that_replaces_or_ignores_is_refused(
    market: SqlUnitOfWorkFactory, statement: Any, values: dict[str, Any] | None
) -> None:
    """SQLite's OR REPLACE would put a reseller's own row in the place of its rival's."""
    given = None if values is None else _tenant_of(RESELLER) | values
    async with market.begin(PARTNER) as begun:
        with pytest.raises(Unguardable, match="OR REPLACE"):
            await begun.transaction.session.execute(statement, given, execution_options={"synchronize_session": False})


async def test_the_platform_may_run_the_unreadable_if_it_says_why(market: SqlUnitOfWorkFactory) -> None:
    counted = text("SELECT count(*) FROM tenants")
    assert await _scalars(market, PLATFORM, counted, **{UNGUARDED: "counting for a test"}) == [2]
    with pytest.raises(Unguardable):
        await _scalars(market, PARTNER, counted, **{UNGUARDED: "counting for a test"})


async def test_an_opening_shows_its_own_rows_and_nothing_else(market: SqlUnitOfWorkFactory) -> None:
    opened = {OPENING: "partners"}
    assert len(await _scalars(market, TENANT, select(PartnerRow.id), **opened)) == 3
    with pytest.raises(Unguardable, match="opening"):
        await _scalars(market, TENANT, select(TenantRow.id), **opened)
    with pytest.raises(Unguardable, match="opening"):
        await _scalars(market, TENANT, select(PartnerRow.id).join(TenantRow, literal(1) == 1), **opened)
    async with market.begin(TENANT) as begun:
        changed = await begun.transaction.update(update(PartnerRow).values(name="x").execution_options(**opened), {})
        assert changed == 0


async def test_only_the_platform_writes_what_everybody_reads(market: SqlUnitOfWorkFactory) -> None:
    async with market.begin(PARTNER) as begun:
        with pytest.raises(OutOfScope):
            await begun.transaction.update(update(PlanRow).values(base_price_cents=0), {})
        with pytest.raises(OutOfScope):
            await begun.transaction.update(delete(PlanRow), {})


async def test_nobody_writes_the_audit_log_through_a_session(market: SqlUnitOfWorkFactory) -> None:
    async with market.begin(PLATFORM) as begun:
        with pytest.raises(OutOfScope):
            await begun.transaction.insert(AuditRow, [{"id": "aud_1"}])
        with pytest.raises(OutOfScope):
            await begun.transaction.update(update(AuditRow).values(action="x"), {})
        with pytest.raises(OutOfScope):
            await begun.transaction.update(delete(AuditRow), {})


def test_a_session_without_a_scope_does_nothing() -> None:
    with ScopedSession(create_engine("sqlite://")) as session, pytest.raises(Unguardable, match="scope"):
        session.execute(select(TenantRow.id))


def test_a_row_class_must_say_who_may_reach_it() -> None:
    assert [mapper.class_ for mapper in Row.registry.mappers if not issubclass(mapper.class_, Reach)] == []


async def test_a_read_only_unit_of_work_writes_nothing(market: SqlUnitOfWorkFactory) -> None:
    async with market.begin(PLATFORM, read_only=True) as begun:
        with pytest.raises(OutOfScope, match="read-only"):
            await begun.transaction.update(update(TenantRow).values(name="x"), {})
        with pytest.raises(OutOfScope, match="read-only"):
            await begun.transaction.insert(TenantRow, [_tenant_of(RESELLER)])
        begun.transaction.session.add(TenantRow(**_tenant_of(RESELLER)))
        with pytest.raises(OutOfScope, match="read-only"):
            await begun.transaction.session.flush()


async def test_nothing_follows_a_commit(market: SqlUnitOfWorkFactory) -> None:
    async with market.begin(PLATFORM) as begun:
        await begun.commit()
        with pytest.raises(Unguardable, match="over"):
            await begun.transaction.execute(select(TenantRow.id))
