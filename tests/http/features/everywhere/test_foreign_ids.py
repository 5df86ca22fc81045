"""Ids of somebody else's things, wherever a request can name one: in paths, in queries, at any depth of a body.

Whoever sends them, nothing of theirs is told and no row of theirs is changed. Whose a row is
is read from the schema, what a request can name from the routes: a new table or route is
covered by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from attrs import frozen
from msgspec import inspect
from sqlalchemy import select

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.scaikey.development import DevelopmentIssuer
from scaicontrol_adapters.settings import Settings
from scaicontrol_adapters.sql.rows import Row
from scaicontrol_adapters.sql.unit_of_work import SqlUnitOfWorkFactory
from scaicontrol_adapters.system import SystemClock
from scaicontrol_core.access import Permission
from tests.services.audit_trail import Commit

#: Names of what a request can say whose it means.
_NAMES_A_THING = re.compile(r"(^|_)(ids?|key|reference|tenant|partner|customer)$")
#: Lists that show what everybody has beside what is asked for.
OF_EVERYBODY = {"/admin/roles"}
#: Refusals, and the answers to what was understood as something else.
_LAWFUL = {200, 201, 202, 204, 400, 403, 404, 409, 412, 415, 422, 428, 429}
#: Greater than nothing, and of nobody in this business.
_MISSING = "01ZZZZZZZZZZZZZZZZZZZZZZZZ"


@frozen
class Theirs:
    """Every id of the reseller's and its customers', as the database has them, and which of them things go by."""

    ids: frozenset[str]
    named: Mapping[str, str]


@pytest.fixture
def settings(issuer_folder: Any, migrated_sqlite_url: str, tmp_path: Any) -> Settings:
    """Settings on SQLite, whose commits are followed row by row."""
    import shutil  # noqa: PLC0415  # only here

    data_dir = tmp_path / "data"
    shutil.copytree(issuer_folder, data_dir)
    return Settings(data_dir=data_dir, database_url=migrated_sqlite_url, background_jobs="", pdf_workers=1)


@pytest.fixture
async def theirs(container: Container, world: Any, filled: Mapping[str, str]) -> Theirs:
    """Read from the database whose everything is."""
    assert isinstance(container.work, SqlUnitOfWorkFactory)
    found: set[str] = set()
    async with container.work.database.reader.connect() as connection:
        for mapper in Row.registry.mappers:
            row: Any = mapper.class_
            table = row.__table__
            if row.partner_column is None or "id" not in table.columns:
                continue
            wanted = select(table.c.id).where(table.c[row.partner_column] == world.reseller)
            found |= {
                str(each) for each in (await connection.execute(wanted)).scalars() if len(str(each)) > len("inv_")
            }
    own = {"tenant_id": world.theirs, "partner_id": world.reseller, "seller_id": world.reseller}
    own |= {"subscription_id": world.their_subscription, "invoice_id": world.their_invoice}
    named = {**{name: value for name, value in filled.items() if value in found}, **own}
    return Theirs(frozenset(found) | {world.reseller}, named)


@pytest.fixture
async def callers(boss: Any, headers: Callable[..., dict[str, str]], world: Any, settings: Settings) -> dict[str, Any]:
    """A customer of another seller's, another reseller, a service and a guest; three of them claim every permission."""
    rival = await boss.post("/admin/partners", {"name": "Rival"}, status=201)
    issuer, now = DevelopmentIssuer.from_settings(settings), SystemClock().now()
    everything = {"permissions": [each.value for each in Permission], "roles": ["tenant_admin", "made_up"]}

    def bearing(**claims: object) -> Any:
        token = issuer._signed(everything | claims, now, 3600)  # what no honest issuer says
        return type(boss)(boss.client, {"Authorization": f"Bearer {token}"})

    return {
        "customer": bearing(sub="acme", tenant_id=world.acme, partner_id=world.operator),
        "reseller": type(boss)(boss.client, headers("partner_admin", partner_id=rival["id"])),
        "service": bearing(sub="dev:keys", token_type="service", app_id="keys"),
        "guest": bearing(sub="nobody", tenant_id="tnt_nobodys", partner_id="prt_nobodys"),
    }


@pytest.fixture
def changed(theirs: Theirs, callers: dict[str, Any], everything_is_told: list[Commit]) -> Callable[[], list[str]]:
    """Return what was changed of theirs since the last look."""
    del callers  # they are made first
    seen = len(everything_is_told)

    def look() -> list[str]:
        nonlocal seen
        fresh, seen = everything_is_told[seen:], len(everything_is_told)
        found = [each for each in _changes(fresh) if theirs.ids & each.ids]
        return [f"{each.table}.{each.column} {each.kind}" for each in found]

    return look


def _changes(commits: list[Commit]) -> Iterator[Any]:
    for commit in commits:
        yield from commit.changes


def _told(text: str, theirs: Theirs, sent: str) -> list[str]:
    """Return the ids of theirs in an answer that the request did not name itself."""
    return sorted(each for each in theirs.ids if each in text and each not in sent)


def _is_named(name: str) -> bool:
    return _NAMES_A_THING.search(name) is not None


def _guesses(name: str, theirs: Theirs) -> list[str]:
    """Return the ids to plant under a name: the one it is called by, or one of each kind."""
    known = theirs.named.get(name) or theirs.named.get(f"{name.removesuffix('s')}")
    return [known] if known else sorted({each[:4]: each for each in theirs.named.values()}.values())


def _places(kind: Any, place: tuple[str, ...] = (), depth: int = 0) -> Iterator[tuple[str, ...]]:
    """Yield the fields of a body that name things, at any depth; ``*`` is an item of a list."""
    if isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from _places(each, place, depth)
    elif isinstance(kind, inspect.ListType):
        yield from _places(kind.item_type, (*place, "*"), depth)
    elif isinstance(kind, inspect.StructType) and depth < 4:  # bodies are no deeper
        for field in kind.fields:
            yield from _places(field.type, (*place, field.encode_name), depth + 1)
    elif isinstance(kind, inspect.StrType) and place:
        name = next((each for each in reversed(place) if each != "*"), "")
        if _is_named(name):
            yield place


def _with(body: Any, place: tuple[str, ...], value: str) -> Any:
    """Return a body with a value put at a place, and what leads there."""
    if not place:
        return value
    first, *rest = place
    if first == "*":
        return [_with(body[0] if isinstance(body, list) and body else None, tuple(rest), value)]
    made = dict(body) if isinstance(body, dict) else {}
    return made | {first: _with(made.get(first), tuple(rest), value)}


def _required(operation: Any) -> dict[str, str]:
    usual = {"period": "2026-Q1", "format": "ubl", "tenant_id": "tnt_x", "year": "2026"}
    return {name: value for name, value in usual.items() if name in operation.query and name == "period"}


@pytest.mark.parametrize("who", ["customer", "reseller", "service", "guest"])
async def test_in_a_path(
    operations: Any, callers: Any, theirs: Theirs, changed: Any, filled: Mapping[str, str], who: str
) -> None:
    """Every route, also for those whose token claims whatever there is to claim."""
    tried = 0
    for operation in operations:
        named = [name for name in operation.placeholders if name in theirs.named]
        if not named:
            continue
        path = operation.at(**{name: theirs.named.get(name, filled[name]) for name in operation.placeholders})
        answer = await callers[who].send(operation.method, path, json=operation.sample(), params=_required(operation))
        assert answer.status_code in {400, 401, 403, 404, 422, 428}, f"{operation}: {answer.text}"
        assert _told(answer.text, theirs, path) == [], f"{operation}: {answer.text}"
        assert changed() == [], str(operation)
        tried += 1
    assert tried > 50  # or nothing was tried


@pytest.mark.parametrize("who", ["customer", "reseller"])
async def test_a_foreign_thing_and_none_are_told_in_the_same_words(
    operations: Any, callers: Any, theirs: Theirs, filled: Mapping[str, str], who: str
) -> None:
    for operation in operations:
        named = [name for name in operation.placeholders if name in theirs.named]
        if not named:
            continue
        words = []
        for missing in (False, True):
            values = {name: theirs.named.get(name, filled[name]) for name in operation.placeholders}
            gone = {name: values[name][: values[name].index("_") + 1] + _MISSING for name in named}
            path = operation.at(**(values | (gone if missing else {})))
            answer = await callers[who].send(operation.method, path, json=operation.sample())
            text = answer.text.replace(answer.headers["x-request-id"], "?")
            for value in (*gone.values(), *(values[name] for name in named)):
                text = text.replace(value, "?")
            kept = {name: value for name, value in answer.headers.items() if name not in _VARYING}
            words.append((answer.status_code, text, kept))
        assert words[0] == words[1], str(operation)


_VARYING = {"x-request-id", "content-length", "date"} | {
    f"{prefix}ratelimit-{name}" for prefix in ("x-", "") for name in ("remaining", "reset", "limit", "policy")
} | {"ratelimit"}  # fmt: skip


@pytest.mark.parametrize("who", ["customer", "reseller", "service"])
async def test_in_a_body(
    operations: Any, callers: Any, theirs: Theirs, changed: Any, filled: Mapping[str, str], who: str
) -> None:
    tried = 0
    for operation in operations:
        if operation.body is None:
            continue
        path = operation.at(**{name: filled[name] for name in operation.placeholders})
        for place in _places(inspect.type_info(operation.body)):
            name = next(each for each in reversed(place) if each != "*")
            for planted in _guesses(name, theirs):
                body = _with(operation.sample(), place, planted)
                answer = await callers[who].send(operation.method, path, json=body)
                assert answer.status_code in _LAWFUL, f"{operation} {place}: {answer.text}"
                assert _told(answer.text, theirs, path + planted) == [], f"{operation} {place}: {answer.text}"
                assert changed() == [], f"{operation} {place}: {answer.text}"
                tried += 1
    assert tried > 20  # or nothing was tried


@pytest.mark.parametrize("who", ["customer", "reseller", "service", "guest"])
async def test_in_a_query(
    operations: Any, callers: Any, theirs: Theirs, changed: Any, filled: Mapping[str, str], who: str
) -> None:
    """A list narrowed to somebody else's things is empty, and counts none of them."""
    tried = 0
    for operation in operations:
        path = operation.at(**{name: filled[name] for name in operation.placeholders})
        for name in sorted(each for each in operation.query if _is_named(each)):
            for planted in _guesses(name, theirs):
                query = _required(operation) | {name: planted}
                answer = await callers[who].send(operation.method, path, json=operation.sample(), params=query)
                assert answer.status_code in _LAWFUL | {401}, f"{operation} {name}: {answer.text}"
                assert _told(answer.text, theirs, path + planted) == [], f"{operation} {name}: {answer.text}"
                assert changed() == [], f"{operation} {name}"
                shown = answer.json() if answer.headers.get("content-type") == "application/json" else None
                if isinstance(shown, dict) and "total" in shown and not operation.is_public:
                    assert shown["total"] == len(shown["items"]) == 0 or not _narrows(operation, name), (
                        f"{operation} {name}"
                    )
                tried += 1
    assert tried > 10  # or nothing was tried


def _narrows(operation: Any, name: str) -> bool:
    return operation.path not in OF_EVERYBODY and name in {"tenant_id", "partner_id", "subscription_id", "invoice_id"}


@pytest.mark.parametrize("who", ["customer", "reseller", "service", "guest"])
async def test_lists_count_only_what_they_show(
    operations: Any, callers: Any, theirs: Theirs, filled: Mapping[str, str], who: str
) -> None:
    for operation in operations:
        if operation.method != "GET" or "page" not in operation.handler.parsed_fn_signature.parameters:
            continue
        path = operation.at(**{name: filled[name] for name in operation.placeholders})
        query = _required(operation) | {"limit": "200"}
        answer = await callers[who].send("GET", path, params=query)
        if answer.status_code != 200:  # what may not be read counts nothing
            continue
        shown = answer.json()
        assert _told(answer.text, theirs, path) == [], str(operation)
        if shown["next_cursor"] is None:
            assert shown["total"] == len(shown["items"]), str(operation)


async def test_a_key_of_somebody_elses_repeats_nothing_of_theirs(boss: Any, reseller: Any, callers: Any) -> None:
    """Both administrators go by the same name at their issuer, and chose the same key for the same words."""
    how = {"headers": {"Idempotency-Key": "same"}, "status": 201}
    first = await reseller.post("/admin/tenants", {"name": "Anybody"}, **how)
    again = await reseller.post("/admin/tenants", {"name": "Anybody"}, **how)
    other = await callers["reseller"].post("/admin/tenants", {"name": "Anybody"}, **how)
    assert again["id"] == first["id"] != other["id"]
    assert first["partner_id"] != other["partner_id"]


async def test_a_cursor_of_somebody_elses_shows_nothing_of_theirs(
    operations: Any, reseller: Any, callers: Any, theirs: Theirs
) -> None:
    handed_on = 0
    for operation in operations:
        if "page" not in operation.handler.parsed_fn_signature.parameters or operation.placeholders:
            continue
        part = await reseller.send("GET", operation.path, params=_required(operation) | {"limit": "1"})
        cursor = part.json().get("next_cursor") if part.status_code == 200 else None
        if cursor is None or operation.is_public:
            continue
        for who in ("customer", "reseller", "service"):
            query = _required(operation) | {"cursor": cursor}
            answer = await callers[who].send("GET", operation.path, params=query)
            assert _told(answer.text, theirs, "") == [], f"{operation} {who}"
        handed_on += 1
    assert handed_on > 2  # or nothing was handed on
