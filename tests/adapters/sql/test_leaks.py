"""No row of somebody else is ever seen, changed, removed or added: for every table there is, or will be.

Two worlds, each a partner with a tenant and one row of every owned table, are made from the
schema alone. Whoever adds a table is covered here without writing a test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Integer,
    LargeBinary,
    Table,
    and_,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.orm import aliased

from scaicontrol_adapters.sql.guard import Unguardable
from scaicontrol_adapters.sql.rows import Row
from scaicontrol_adapters.sql.rows.base import Reach
from scaicontrol_adapters.sql.types import Exact, JsonText, UtcInstant
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_core.access import Actor, ActorKind, Role
from scaicontrol_core.kernel.errors import Conflict, OutOfScope
from scaicontrol_core.kernel.ids import PartnerId, TenantId
from scaicontrol_core.kernel.scope import Scope
from scaicontrol_core.testing.clock import DEFAULT_START

PLATFORM = Actor.system("test")
CLASSES: dict[str, type[Any]] = {mapper.class_.__tablename__: mapper.class_ for mapper in Row.registry.mappers}
OWNED = [row for row in CLASSES.values() if row.partner_column or row.tenant_column]
ALLOWED = re.compile(r"(\w+) IN \('([^']*)'")


def actors_of(world: str) -> dict[str, Actor]:
    partner, tenant = PartnerId(f"prt_{world}"), TenantId(f"tnt_{world}")
    return {
        "partner": Actor.partner_admin("rita", partner),
        "tenant": Actor.tenant_user("tim", tenant, partner, Role.TENANT_ADMIN),
        "service": Actor(ActorKind.SERVICE, "scaikey", Scope.service(f"app-{world}")),
    }


def sample(table: Table, world: str) -> dict[str, Any]:
    """Make a row that the schema accepts; owners and keys say which world it belongs to."""
    checks = " ".join(str(rule.sqltext) for rule in table.constraints if isinstance(rule, CheckConstraint))
    allowed = dict(ALLOWED.findall(checks))
    row = CLASSES[table.name]
    values: dict[str, Any] = {}
    for column in table.columns:
        if column.name in (row.partner_column, row.tenant_column) or _is_reference(column):
            values[column.name] = _reference(row, column, world)
        elif column.name in allowed:
            values[column.name] = allowed[column.name]
        elif not column.nullable:
            values[column.name] = _filled(column, world)
    return values


def _is_reference(column: Column[Any]) -> bool:
    return bool(column.foreign_keys)


def _reference(row: type[Reach], column: Column[Any], world: str) -> str:
    if column.name == row.partner_column:
        return f"prt_{world}"
    if column.name == row.tenant_column:
        return f"tnt_{world}"
    target = next(iter(column.foreign_keys)).column
    return str(sample(target.table, world)[target.name])


def _filled(column: Column[Any], world: str) -> Any:
    kind = column.type
    if isinstance(kind, UtcInstant):
        return DEFAULT_START
    if isinstance(kind, JsonText):
        return {}
    if isinstance(kind, Exact | Integer | Boolean):
        return 1
    if isinstance(kind, Date):
        return date(2026, 1, 31)
    if isinstance(kind, LargeBinary):
        return world.encode()
    length = getattr(kind, "length", None) or 36
    return f"{column.table.name[:4]}_{world}"[:length]


@pytest.fixture
async def worlds(work: SqlUnitOfWorkFactory) -> SqlUnitOfWorkFactory:
    """Both worlds, written by the platform."""
    async with work.begin(PLATFORM) as begun:
        connection = await begun.transaction.session.connection()
        for world in ("a", "b"):
            for table in Row.metadata.sorted_tables:
                row = CLASSES[table.name]
                if world == "b" and _key(table, "a") == _key(table, "b"):
                    continue  # the platform's own, of which there is one
                if not row.may_insert(Scope.platform(), sample(table, world)):  # what a commit alone writes
                    await connection.execute(table.insert(), sample(table, world))
                else:
                    await begun.transaction.insert(row, [sample(table, world)])
        await begun.commit()
    return work


def _key(table: Table, world: str) -> list[Any]:
    values = sample(table, world)
    return [values[column.name] for column in table.primary_key.columns]


def _named(row: type[Any], world: str) -> Iterator[Any]:
    values = sample(row.__table__, world)
    for column in row.__table__.primary_key.columns:
        yield getattr(row, column.name) == values[column.name]


def _visible_to(row: type[Reach], kind: str) -> bool:
    return bool({"partner": row.partner_column, "tenant": row.tenant_column}.get(kind))


@pytest.mark.parametrize("kind", ["partner", "tenant", "service"])
async def test_a_foreign_actor_sees_nothing_of_another_world(worlds: SqlUnitOfWorkFactory, kind: str) -> None:
    async with worlds.begin(actors_of("b")[kind], read_only=True) as begun:
        for row in OWNED:
            foreign = (await begun.transaction.execute(select(row).where(*_named(row, "a")))).all()
            assert foreign == [], row.__tablename__
            everything = (await begun.transaction.execute(select(*_keys(row)))).all()
            assert len(everything) == (1 if _visible_to(row, kind) else 0), row.__tablename__


def _keys(row: type[Any]) -> list[Any]:
    return [getattr(row, column.name) for column in row.__table__.primary_key.columns]


def _forms(row: type[Any]) -> Iterator[tuple[str, Any]]:
    """Return the ways to ask for a row of world a without naming it plainly, each counting or listing keys."""
    keys, foreign, other = _keys(row), and_(*_named(row, "a")), aliased(row)
    values = sample(row.__table__, "a")
    same = [getattr(other, key.key) for key in keys]
    matching = and_(*(getattr(other, key.key) == key for key in keys))
    inner, cte = select(row).where(foreign).subquery(), select(row).where(foreign).cte()
    yield (
        "alias",
        select(*same).where(*(key == values[key.key] for key in same)),
    )
    yield "derived", select(*(inner.c[key.key] for key in keys))
    yield "derived entity", select(*(getattr(aliased(row, inner), key.key) for key in keys))
    yield "cte", select(*(cte.c[key.key] for key in keys))
    yield "union", select(*keys).where(foreign).union_all(select(*same).where(matching, foreign))
    yield "self join", select(*keys).join(other, matching).where(foreign)
    yield "outer join", select(*keys).outerjoin(other, matching).where(foreign)
    yield "exists", select(func.count()).select_from(row).where(exists().where(foreign).where(matching))
    yield "scalar", select(*keys).where(foreign, keys[0] == select(func.max(same[0])).scalar_subquery())
    yield "lateral", select(*keys).where(foreign).order_by(*keys).limit(1)
    yield "for update", select(*keys).where(foreign).with_for_update()
    yield "count", select(func.count()).select_from(row).where(foreign)
    yield "aggregate", select(func.count(keys[0])).where(foreign).having(func.count(keys[0]) > 0)


@pytest.mark.parametrize("kind", ["partner", "tenant", "service"])
async def test_however_it_is_asked_for_nothing_of_another_world_is_seen(
    worlds: SqlUnitOfWorkFactory, kind: str
) -> None:
    async with worlds.begin(actors_of("b")[kind]) as begun:
        for row in OWNED:
            for form, statement in _forms(row):
                found = (await begun.transaction.execute(statement)).all()
                assert [each for each in found if set(each) != {0}] == [], f"{row.__tablename__}: {form}"
            # ``Session.get`` builds a statement of Core columns, which the guard refuses, whoever asks.
            with pytest.raises(Unguardable):
                await begun.transaction.session.get(row, tuple(_key(row.__table__, "a")))


async def test_the_platform_sees_it_in_each_of_these_forms(worlds: SqlUnitOfWorkFactory) -> None:
    """Without this, a form that finds nothing at all would pass for one that hides."""
    async with worlds.begin(PLATFORM) as begun:
        for row in OWNED:
            for form, statement in _forms(row):
                found = (await begun.transaction.execute(statement)).all()
                if form != "scalar":
                    assert [each for each in found if set(each) != {0}], f"{row.__tablename__}: {form}"


@pytest.mark.parametrize("kind", ["partner", "tenant", "service"])
async def test_an_oracle_tells_nothing_of_another_world(worlds: SqlUnitOfWorkFactory, kind: str) -> None:
    """A row that is everybody's is asked whether somebody else's is there."""
    everybodys = next(row for row in CLASSES.values() if _is_catalogue(row))
    async with worlds.begin(actors_of("b")[kind], read_only=True) as begun:
        for row in OWNED:
            if row is everybodys:
                continue
            oracle = select(*_keys(everybodys)).where(exists().where(*_named(row, "a")))
            assert (await begun.transaction.execute(oracle)).all() == [], row.__tablename__
            joined = select(*_keys(everybodys)).join(row, and_(*_named(row, "a")))
            assert (await begun.transaction.execute(joined)).all() == [], row.__tablename__


@pytest.mark.parametrize("kind", ["partner", "tenant", "service"])
async def test_a_foreign_actor_changes_nothing_of_another_world(worlds: SqlUnitOfWorkFactory, kind: str) -> None:
    async with worlds.begin(actors_of("b")[kind]) as begun:
        for row in OWNED:
            written = min(set(row.__table__.columns.keys()) - row.owner_columns())
            same = sample(row.__table__, "a").get(written)
            try:
                changed = await begun.transaction.update(
                    update(row).where(*_named(row, "a")).values({written: same}), {}
                )
                removed = await begun.transaction.update(delete(row).where(*_named(row, "a")), {})
            except OutOfScope:
                continue
            assert (changed, removed) == (0, 0), row.__tablename__


@pytest.mark.parametrize("kind", ["partner", "tenant", "service"])
async def test_a_foreign_actor_adds_nothing_to_another_world(worlds: SqlUnitOfWorkFactory, kind: str) -> None:
    async with worlds.begin(actors_of("b")[kind]) as begun:
        for row in OWNED:
            with pytest.raises(OutOfScope):
                await begun.transaction.insert(row, [sample(row.__table__, "a")])


@pytest.mark.parametrize("kind", ["partner", "tenant", "service"])
async def test_the_platforms_own_tables_are_closed_to_everybody_else(worlds: SqlUnitOfWorkFactory, kind: str) -> None:
    machinery = [row for row in CLASSES.values() if row not in OWNED and not _is_catalogue(row)]
    assert machinery
    async with worlds.begin(actors_of("a")[kind]) as begun:
        for row in machinery:
            assert (await begun.transaction.execute(select(*_keys(row)))).all() == [], row.__tablename__
            with pytest.raises(OutOfScope):
                await begun.transaction.insert(row, [sample(row.__table__, "c")])


@pytest.mark.parametrize("kind", ["partner", "tenant", "service"])
async def test_only_the_platform_writes_the_catalogue(worlds: SqlUnitOfWorkFactory, kind: str) -> None:
    async with worlds.begin(actors_of("a")[kind]) as begun:
        for row in filter(_is_catalogue, CLASSES.values()):
            assert len((await begun.transaction.execute(select(*_keys(row)))).all()) == 2, row.__tablename__
            for statement in (delete(row), update(row).values({row.__table__.columns.keys()[0]: "x"})):
                with pytest.raises(OutOfScope):
                    await begun.transaction.update(statement, {})
            with pytest.raises(OutOfScope):
                await begun.transaction.insert(row, [sample(row.__table__, "c")])


def _is_catalogue(row: type[Reach]) -> bool:
    return not row.owner_columns() and row.visible(Scope.service("anybody")) is None


async def test_the_database_itself_refuses_a_tenant_under_a_foreign_partner(worlds: SqlUnitOfWorkFactory) -> None:
    """The platform may write anything, yet not a row whose tenant and partner do not belong together."""
    tied = [row for row in OWNED if any(len(rule.column_keys) > 1 for rule in row.__table__.foreign_key_constraints)]
    assert tied
    for row in tied:
        async with worlds.begin(PLATFORM) as begun:
            if not _fresh(row).keys() & row.__table__.primary_key.columns.keys():  # one row each: make room for another
                await begun.transaction.update(delete(row).where(*_named(row, "a")), {})
            with pytest.raises(Conflict) as refused:
                await begun.transaction.insert(
                    row, [sample(row.__table__, "a") | _fresh(row) | {"partner_id": "prt_b"}]
                )
            assert refused.value.code == "still_referenced", row.__tablename__


#: Columns that are, or are part of, somebody's own name for a row.
_CHOSEN = ("id", "event_key", "metric", "mandate_reference")


def _fresh(row: type[Any]) -> dict[str, Any]:
    """Return other keys for the sample row, as far as they are free to choose."""
    numbers = [column for column in row.__table__.primary_key.columns if isinstance(column.type, Integer)]
    names = [column for column in row.__table__.columns if column.name in _CHOSEN]
    return {column.name: 99 for column in numbers} | {column.name: "fresh" for column in names}
