"""Secrets are planted wherever the product may have some, much is done that goes wrong, and then all it said is read.

Counterparts refuse and repeat what they were sent. Nothing of what was planted may be found in
answers, logs, the database, files, command lines' output, errors or representations.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import os
import sqlite3
import sys
import traceback
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from aiosmtpd.smtp import SMTP, AuthResult
from attrs import define, evolve, field, fields
from httpx import AsyncClient, Response

from scaicontrol_adapters.container import Container, object_store
from scaicontrol_adapters.mail.channels import mail_channel
from scaicontrol_adapters.rendering import render_pending
from scaicontrol_adapters.secret_settings import vaulted
from scaicontrol_adapters.secret_store import secret_store
from scaicontrol_adapters.setting_fields import variable
from scaicontrol_adapters.settings import LogLevel, MailKind, ObjectStoreKind, Settings, SmtpSecurity
from scaicontrol_adapters.telemetry import configure_logging
from scaicontrol_core.access import Actor
from scaicontrol_jobs.mail import deliver_mail
from tests.services.collector import Collector, collecting
from tests.services.echo import Echo, echoing
from tests.services.kv import Kv, Reply, serving

API = "/api/v1"
KEY = base64.b64encode(b"planted-key-of-the-secrets-file!").decode()
REPORTS = "whsec_" + base64.b64encode(b"planted-secret-of-the-reports-xx").decode()
#: What is planted, by setting; `sought` says in which forms it is looked for.
PLANTED: Mapping[str, str] = {
    "s3_access_key": "PLANTEDAKQ7ACCESSKEY",
    "s3_secret_key": "planted/Q7s3+words=these",
    "smtp_password": "planted-Q7-smtp-password",
    "scaisend_token": "planted-Q7-scaisend-token",
    "scaisend_webhook_secret": REPORTS,
    "redis_url": "redis://:planted-Q7-redis@127.0.0.1:1/0",
    "scaivault_token": "planted-Q7-vault-token",
    "secrets_key": KEY,
    "remote_token": "planted-Q7-remote-token",
    "directory_client_secret": "planted-Q7-directory-secret",
    "otlp_headers": "authorization=planted-Q7-collector",
}
#: Planted elsewhere: a bearer's token, a password in the address of a database, in a body, in a query.
ELSEWHERE = ("planted-Q7-bearer", "planted-Q7-database", "planted-Q7-body", "planted-Q7-query", "planted-Q7-typed")
NOT_PLANTED = {"database_url"}


def sought(value: str) -> set[str]:
    """Return the forms in which a secret may turn up: bare, without what is public of it, encoded."""
    bare = value.removeprefix("whsec_").removeprefix("redis://:").partition("@")[0].removeprefix("authorization=")
    raw = bare.encode()
    three = {base64.b64encode(b"x" * skip + raw)[4 if skip else 0 : -4].decode() for skip in range(3)}
    return {bare, quote(bare, safe=""), raw.hex(), json.dumps(bare)[1:-1], *three}


@define
class Harvest:
    """Everything the product said, by where."""

    said: list[tuple[str, str]] = field(factory=list)

    def keep(self, where: str, text: object) -> None:
        """Keep what was said."""
        self.said.append((where, str(text)))

    def answer(self, answer: Response) -> Response:
        """Keep an answer."""
        self.keep(
            f"{answer.request.method} {answer.request.url.path}", f"{answer.status_code} {answer.headers} {answer.text}"
        )
        return answer

    def leaks(self, secrets: Mapping[str, str]) -> list[str]:
        """Return which secret was said where."""
        forms = [(name, form) for name, value in secrets.items() for form in sought(value)]
        return sorted({f"{name} in {where}" for where, text in self.said for name, form in forms if form in text})


@pytest.fixture
def harvest() -> Harvest:
    """Nothing said yet."""
    return Harvest()


@pytest.fixture
def log(harvest: Harvest) -> Iterator[io.StringIO]:
    """All lines of all loggers at debug level, as the product writes them."""
    root, kept = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    lines = io.StringIO()
    configure_logging(Settings(log_level=LogLevel.DEBUG), lines)
    theirs = logging.getLogger("mail.log")  # the mail server's, which only this test has in its process
    theirs.setLevel(logging.WARNING)
    yield lines
    theirs.setLevel(logging.NOTSET)
    structlog.configure(**kept)
    root.handlers, root.level = handlers, level


@pytest.fixture
def echo() -> Iterator[Echo]:
    """Who repeats everything."""
    with echoing() as running:
        yield running


@pytest.fixture
def kv() -> Iterator[Kv]:
    """A server that keeps secrets."""
    with serving() as running:
        running.grant(PLANTED["scaivault_token"])
        yield running


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Who gets the traces."""
    with collecting() as running:
        yield running


@pytest.fixture(params=["plain", "vaulted"])
def settings(request: pytest.FixtureRequest, settings: Settings, kv: Kv, echo: Echo, collector: Collector) -> Settings:
    """Settings full of secrets: in themselves, or by their paths on a server."""
    plain: dict[str, Any] = {"scaisend_url": echo.url, "s3_endpoint_url": echo.url, "s3_bucket": "b", **PLANTED}
    plain |= {
        "mail_from": "billing@house.example",
        "smtp_host": "127.0.0.1",
        "smtp_username": "u",
        "otlp_endpoint": collector.url,
    }
    if request.param == "plain":
        return evolve(settings, **plain, smtp_security=SmtpSecurity.NONE)
    for name in set(vaulted()) - NOT_PLANTED:
        _keep(kv, name, plain[name])
        plain |= {name: "", f"{name}_vault_path": f"planted/{name}"}
    return evolve(settings, **plain, smtp_security=SmtpSecurity.NONE, scaivault_url=kv.url, scaivault_cache_seconds=0)


def _keep(kv: Kv, name: str, value: str) -> None:
    kv.answer(
        "POST",
        f"secret/data/planted/{name}",
        {},
        {"X-Vault-Token": PLANTED["scaivault_token"]},
        {"data": {"value": value}},
    )


@pytest.fixture
async def smtp_port() -> AsyncIterator[int]:
    """A mail server that refuses every password, and repeats it."""

    def refuse(*given: Any) -> AuthResult:
        return AuthResult(success=False, handled=False, message=f"535 wrong: {given[-1].password.decode()}")

    def protocol() -> SMTP:
        return SMTP(object(), hostname="mx.test", authenticator=refuse, auth_require_tls=False)

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def test_every_secret_setting_is_planted() -> None:
    assert {each.name for each in fields(Settings) if each.metadata["secret"]} == PLANTED.keys() | NOT_PLANTED


async def test_nothing_that_was_planted_is_ever_said(
    world: Any, boss: Any, acme: Any, anybody: Any, client: AsyncClient, container: Container, settings: Settings,
    harvest: Harvest, log: io.StringIO, smtp_port: int, echo: Echo, kv: Kv, tmp_path: Path, collector: Collector,
) -> None:  # fmt: skip
    await _ask_over_http(harvest, boss, acme, client, world)
    await _let_others_fail(harvest, container, evolve(settings, smtp_port=smtp_port), boss, world, echo)
    kv.scripted = [
        Reply(403, {"errors": [PLANTED["scaivault_token"]]}),
        Reply(500, PLANTED["scaivault_token"].encode()),
    ]
    harvest.answer(await client.get("/readyz"))
    harvest.answer(await client.post(f"{API}/callbacks/scaisend", content=b"{}"))
    await _type_commands(harvest, settings, tmp_path)
    for path in ("/readyz", "/metrics", "/healthz", "/openapi.json"):
        harvest.answer(await client.get(path))
    for thing in (
        settings,
        container,
        container.mail,
        container.objects,
        container.secrets,
        container.kept_entitlements,
    ):
        harvest.keep(f"repr of {type(thing).__name__}", f"{thing!r} {thing}")
    harvest.keep("log", log.getvalue())
    _read_what_is_kept(harvest, settings)
    assert container.tracing is not None
    await container.tracing.close()
    for batch in collector.raw:
        harvest.keep("traces", batch.decode("latin-1"))
    bearers = {
        f"bearer of {name}": each.headers["Authorization"][7:] for name, each in (("boss", boss), ("acme", acme))
    }
    planted = {**PLANTED, **{each: each for each in ELSEWHERE}, **bearers}
    assert harvest.leaks(planted) == []
    # The journey has been where secrets are used, and says something about it.
    assert any("mail_not_sent" in text for where, text in harvest.said if where == "log")
    assert any("AWS4" in each for each in echo.heard)
    # Nor does the driver of the database repeat every parameter, which may be anything, where it writes all it does.
    assert "INSERT INTO" not in log.getvalue()
    assert any(f"Bearer {PLANTED['scaisend_token']}" in each for each in echo.heard)
    assert len(harvest.said) > 40
    assert collector.spans
    assert {each["authorization"] for each in collector.headers} == {"planted-Q7-collector"}


async def _ask_over_http(harvest: Harvest, boss: Any, acme: Any, client: AsyncClient, world: Any) -> None:
    for each, path in (
        (boss, "/admin/tenants"),
        (acme, "/billing/invoices"),
        (acme, "/admin/tenants"),
        (boss, "/auth/me"),
    ):
        harvest.answer(await each.send("GET", path))
    harvest.answer(await boss.send("GET", "/admin/tenants?access_token=planted-Q7-query&token=planted-Q7-query"))
    harvest.answer(await boss.send("GET", "/admin/tenants/planted", params={"password": "planted-Q7-query"}))
    for content in (
        b'{"name": 5, "api_key": "planted-Q7-body"}',
        b'{"password": "planted-Q7-body"',
        b"planted-Q7-body",
    ):
        for path in ("/admin/tenants", "/admin/partners", "/subscriptions"):
            headers = {"Idempotency-Key": f"key-{len(harvest.said)}", "Content-Type": "application/json"}
            harvest.answer(await boss.send("POST", path, content=content, headers=headers))
    for scheme in ("Bearer planted-Q7-bearer", "Bearer e30.planted-Q7-bearer.e30", "Basic cGxhbnRlZC1RNy1iZWFyZXI="):
        harvest.answer(await client.get(f"{API}/admin/tenants", headers={"Authorization": scheme}))
        harvest.answer(await client.get(f"{API}/admin/tenants", headers={"Cookie": f"session={scheme}"}))
    cut = boss.headers["Authorization"][:-6] + "AAAAAA"
    harvest.answer(await client.get(f"{API}/admin/tenants", headers={"Authorization": cut}))
    new = {"name": "Fresh", "external_reference": "fresh"}
    for _ in range(2):
        harvest.answer(await boss.send("POST", "/admin/tenants", json=new, headers={"Idempotency-Key": "twice"}))
    harvest.answer(await boss.send("POST", f"/admin/invoices/{world.invoice}/send", json={}))


async def _let_others_fail(
    harvest: Harvest, container: Container, settings: Settings, boss: Any, world: Any, echo: Echo
) -> None:
    """Have documents kept and letters sent by services that refuse and repeat what they were sent."""
    container._built.clear()  # no use case keeps the ports it had
    container.objects = object_store(evolve(settings, object_store=ObjectStoreKind.S3), container.secrets)
    harvest.keep("rendering", await render_pending(container, Actor.system("render")))
    harvest.answer(await boss.send("GET", f"/admin/invoices/{world.invoice}/pdf"))
    await _try(harvest, "objects", container.objects.put("a/b.pdf", b"x", content_type="application/pdf"))
    for kind in (MailKind.SCAISEND, MailKind.SMTP):
        container._built.clear()
        container.mail = mail_channel(evolve(settings, mail=kind), container.secrets)
        container.clock.advance(hours=2)  # type: ignore[attr-defined]  # it is a test's
        await deliver_mail(container)
        harvest.answer(await boss.send("GET", f"/admin/invoices/{world.invoice}/sends"))
        body = {"document_type": "email_reminder_1", "invoice_id": world.invoice, "to": ["me@example.com"]}
        harvest.answer(await boss.send("POST", "/admin/billing/templates/designer/send-test", json=body))
        await container.mail.close() if hasattr(container.mail, "close") else None
    await _try(harvest, "secrets", container.secrets.get("planted/nothing"))
    for name in set(vaulted()) - NOT_PLANTED:
        await _try(harvest, name, container.secret(name).instead_of("another"))
    away = evolve(settings, scaivault_url=echo.url, scaivault_cache_seconds=0)
    store = secret_store(away)
    await _try(harvest, "vault", store.get("planted/smtp_password"))
    await _try(harvest, "vault", store.put("planted/smtp_password", PLANTED["smtp_password"]))
    await store.close()  # type: ignore[attr-defined]  # a server's store has it


async def _try(harvest: Harvest, where: str, attempt: Any) -> None:
    try:
        await attempt
    except Exception as wrong:  # noqa: BLE001  # whatever it says is kept
        harvest.keep(f"error of {where}", "".join(traceback.format_exception(wrong)) + repr(wrong) + repr(vars(wrong)))


async def _type_commands(harvest: Harvest, settings: Settings, folder: Path) -> None:
    """Type commands in an environment that has all the secrets."""
    told = {}
    for each in fields(Settings):
        value = getattr(settings, each.name)
        if (each.metadata["secret"] or each.name.endswith("_vault_path") or each.name in _TOLD) and value:
            told[variable(each)] = str(getattr(value, "value", value))
    environ = {**{name: value for name, value in os.environ.items() if not name.startswith("SCAICONTROL_")}, **told}
    environ["SCAICONTROL_LOG_LEVEL"] = "debug"
    broken = environ | {"SCAICONTROL_DATABASE_URL": "mysql+aiomysql://u:planted-Q7-database@127.0.0.1:1/d"}
    wrong = environ | {
        "SCAICONTROL_DATABASE_URL": "postgres://u:planted-Q7-database@h/d",
        "SCAICONTROL_REDIS_URL": "planted-Q7-database",
    }
    commands: tuple[tuple[Mapping[str, str], str], ...] = (
        (environ, "admin tenants list --json"),
        (environ, "admin tenants show nobody --json"),
        (environ, "admin audit-log list --json"),
        (environ, "doctor --json --seconds 3"),
        (environ, "admin secrets set planted/typed --json"),
        (environ, "admin secrets list --json"),
        (environ, "admin secrets show-version planted/typed"),
        (environ, "admin --url https://127.0.0.1:1 --token planted-Q7-typed tenants list --json"),
        (broken, "admin tenants list --json"),
        (broken, "migrate"),
        (broken, "doctor --only database"),
        (wrong, "admin tenants list --json"),
        (wrong, "doctor"),
    )
    for where, line in commands:
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from scaicontrol_cli.main import run; run()", *line.split(),
            env={**where, "PYTHONPATH": str(Path.cwd())}, cwd=folder, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await started.communicate(b"planted-Q7-typed")
        harvest.keep(
            f"scaicontrol {line.replace('planted-Q7-typed', '…')}",
            f"{started.returncode} {out.decode()} {err.decode()}",
        )


_TOLD = frozenset(
    "database_url data_dir mail_from smtp_host smtp_username s3_bucket scaivault_url scaisend_url otlp_endpoint".split()
)


def _read_what_is_kept(harvest: Harvest, settings: Settings) -> None:
    """Read the whole database, and every file but the key that is meant to be one."""
    file = settings.database_url.removeprefix("sqlite+aiosqlite:///")
    database = sqlite3.connect(file)
    try:
        for line in database.iterdump():
            harvest.keep(f"database: {line[:40]}", line)
    finally:
        database.close()
    for path in settings.data_dir.rglob("*"):
        if path.is_file():
            harvest.keep(f"file {path.name}", path.read_bytes().decode("latin-1"))


@pytest.mark.parametrize("name", [*PLANTED])
@pytest.mark.parametrize("form", ["bare", "quoted", "in base64", "in a line of the log", "in an error"])
def test_the_search_would_find_it(name: str, form: str, harvest: Harvest, log: io.StringIO) -> None:
    value = PLANTED[name].removeprefix("whsec_").removeprefix("redis://:").partition("@")[0]
    value = value.removeprefix("authorization=")
    if form == "in a line of the log":
        logging.getLogger("somebody").debug("they said: %s", value)
        text = log.getvalue()
    elif form == "in an error":
        text = repr(ValueError(f"cannot use {value}"))
    else:
        basic = base64.b64encode(f"user:{value}".encode()).decode()
        text = {"bare": value, "quoted": quote(value, safe=""), "in base64": basic}[form]
    harvest.keep("somewhere", f"before {text} after")
    assert f"{name} in somewhere" in harvest.leaks(PLANTED)
