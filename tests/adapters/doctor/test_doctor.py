"""The doctor over things that are really broken: it names what is wrong, says how to mend it, and goes on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from attrs import evolve

from scaicontrol_adapters.doctor.examining import CHECKS, examine
from scaicontrol_adapters.doctor.finding import Finding, Look, ok
from scaicontrol_adapters.doctor.mariadb import rights
from scaicontrol_adapters.settings import MailKind, ObjectStoreKind, Settings, SmtpSecurity
from tests.services.collector import collecting
from tests.services.openid import JWKS
from tests.services.processes import free_port

PASSWORD = "s3cr3t-pa55word"


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite_url: str) -> Settings:
    return Settings(data_dir=tmp_path, database_url=migrated_sqlite_url)


async def found_by(settings: Settings, *names: str, seconds: float = 10.0) -> dict[str, Finding]:
    """Return what the named checks find, the last word on each thing."""
    chosen = {name: CHECKS[name] for name in names}
    return {each.check: each for each in await examine(settings, checks=chosen, seconds=seconds)}


async def test_a_sound_installation_has_nothing_wrong(settings: Settings) -> None:
    found = await examine(settings, seconds=90)
    assert [each for each in found if each.verdict == "wrong"] == []
    assert {each.check.partition(".")[0] for each in found} >= {
        "settings", "machine", "database", "cache", "objects", "mail", "identity", "vat_register", "secrets",
        "rendering", "traces",
    }  # fmt: skip


async def test_what_is_wrong_says_how_to_mend_it(settings: Settings, tmp_path: Path) -> None:
    broken = evolve(settings, database_url=f"sqlite+aiosqlite:///{tmp_path}/none.db", redis_url="redis://127.0.0.1:1/0")
    for each in await examine(broken):
        assert each.verdict == "ok" or each.mend, each


# -- the database ------------------------------------------------------------------------------


async def test_no_file(settings: Settings, tmp_path: Path) -> None:
    found = await found_by(evolve(settings, database_url=f"sqlite+aiosqlite:///{tmp_path}/none.db"), "database")
    assert found["database"].verdict == "wrong"
    assert found["database"].mend == "Run: scaicontrol migrate"
    assert not (tmp_path / "none.db").exists()


async def test_an_empty_database(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    found = await found_by(evolve(settings, database_url=f"sqlite+aiosqlite:///{tmp_path}/empty.db"), "database")
    assert found["database.schema"].verdict == "wrong"


async def test_a_file_that_is_no_database(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "junk.db").write_bytes(b"no database at all" * 100)
    found = await found_by(evolve(settings, database_url=f"sqlite+aiosqlite:///{tmp_path}/junk.db"), "database")
    assert found["database"].verdict == "wrong"


async def test_a_migration_that_lacks(settings: Settings) -> None:
    await _execute(settings.database_url, "UPDATE alembic_version SET version_num = '026'")
    found = await found_by(settings, "database")
    assert found["database.schema"].verdict == "wrong"
    assert "027" in found["database.schema"].says


async def test_a_newer_schema(settings: Settings) -> None:
    await _execute(settings.database_url, "UPDATE alembic_version SET version_num = '999'")
    assert (await found_by(settings, "database"))["database.schema"].verdict == "warning"


async def test_triggers_that_lack(settings: Settings) -> None:
    from sqlalchemy import text  # noqa: PLC0415

    from scaicontrol_adapters.sql.engine import create_engine  # noqa: PLC0415

    database = create_engine(settings.database_url)
    async with database.writer.begin() as connection:
        names = (await connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))).scalars()
        for name in names.all():
            await connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    await database.aclose()
    assert (await found_by(settings, "database"))["database.triggers"].verdict == "wrong"


async def test_a_mariadb_is_sound(settings: Settings, migrated_mariadb_url: str) -> None:
    found = await found_by(evolve(settings, database_url=migrated_mariadb_url), "database")
    assert [each for each in found.values() if each.verdict == "wrong"] == []
    assert "MariaDB" in found["database"].says
    assert {"database.session", "database.clock", "database.rights", "database.schema", "database.triggers"} <= set(
        found
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"password": PASSWORD}, "refused"),
        ({"database": "no_such_database"}, "no such database"),
        ({"port": 1}, "Nobody answers"),
        ({"host": "no-such-host.invalid"}, "Nobody answers"),
    ],
)
async def test_a_mariadb_that_can_not_be_reached(
    settings: Settings, mariadb_url: str, change: Mapping[str, Any], says: str
) -> None:
    from sqlalchemy import make_url  # noqa: PLC0415

    url = make_url(mariadb_url).set(**change).render_as_string(hide_password=False)
    found = await found_by(evolve(settings, database_url=url), "database")
    assert found["database"].verdict == "wrong"
    assert says in found["database"].says or "reached" in found["database"].says
    assert PASSWORD not in str(found)


@pytest.mark.parametrize(
    ("grants", "verdict"),
    [
        (
            ["GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*1'", "GRANT ALL PRIVILEGES ON `sc`.* TO `a`@`%`"],
            "ok",
        ),
        (["GRANT ALL PRIVILEGES ON `s_`.* TO `a`@`%`"], "ok"),
        (["GRANT ALL PRIVILEGES ON `other`.* TO `a`@`%`"], "wrong"),
        (["GRANT SELECT, INSERT, UPDATE, DELETE ON `sc`.* TO `a`@`%`"], "wrong"),
        (["GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"], "warning"),
        (["GRANT USAGE ON *.* TO `a`@`%`"], "wrong"),
        ([], "wrong"),
    ],
)
def test_the_rights_of_our_user(grants: list[str], verdict: str) -> None:
    assert rights(grants, "sc").verdict == verdict


async def _execute(url: str, statement: str) -> None:
    from scaicontrol_adapters.sql.engine import create_engine  # noqa: PLC0415

    database = create_engine(url)
    async with database.writer.begin() as connection:
        await connection.exec_driver_sql(statement.replace("%", "%%"))
    await database.aclose()


# -- what else there is ------------------------------------------------------------------------


async def test_a_redis_that_is_away_and_one_that_answers(settings: Settings, own_redis: Any) -> None:
    away = await found_by(evolve(settings, redis_url=f"redis://127.0.0.1:{free_port()}/0"), "cache")
    assert away["cache"].verdict == "wrong"
    found = await found_by(evolve(settings, redis_url=own_redis.url), "cache")
    assert found["cache"].verdict == "ok"
    assert found["cache.eviction"].verdict == "ok"


async def test_a_folder_of_objects_that_can_not_be_written(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    found = await found_by(evolve(settings, objects_dir=tmp_path / "file" / "objects"), "objects", "machine")
    assert found["objects"].verdict == "wrong"
    assert found["machine.folders"].verdict == "wrong"


async def test_the_probe_is_taken_away_again(settings: Settings) -> None:
    assert (await found_by(settings, "objects"))["objects.probe"].verdict == "ok"
    assert [each for each in settings.objects_dir.rglob("*") if each.is_file()] == []


async def test_a_bucket_with_another_key(settings: Settings, s3_rclone: Any) -> None:
    own = evolve(
        settings,
        object_store=ObjectStoreKind.S3,
        s3_bucket=s3_rclone.bucket,
        s3_endpoint_url=s3_rclone.endpoint_url,
        s3_access_key=s3_rclone.access_key,
        s3_secret_key=s3_rclone.secret_key,
    )
    assert (await found_by(own, "objects"))["objects"].verdict == "ok"
    found = await found_by(evolve(own, s3_secret_key=PASSWORD), "objects")
    assert found["objects"].verdict == "wrong"
    assert PASSWORD not in str(found)


async def test_mail_servers(settings: Settings) -> None:
    smtp = evolve(
        settings,
        mail=MailKind.SMTP,
        mail_from="a@example.com",
        smtp_host="127.0.0.1",
        smtp_security=SmtpSecurity.NONE,
        smtp_username="ann",
        smtp_password=PASSWORD,
    )
    gone = await found_by(evolve(smtp, smtp_port=free_port()), "mail")
    assert gone["mail"].verdict == "wrong"

    class Nothing:
        """Takes no message: none must come."""

    def letting_in(*_: Any) -> AuthResult:
        _, _, _, _, given = _
        right = isinstance(given, LoginPassword) and given.password == PASSWORD.encode()
        return AuthResult(success=right, handled=False)

    server = Controller(
        Nothing(), hostname="127.0.0.1", port=free_port(), authenticator=letting_in, auth_require_tls=False
    )
    server.start()
    try:
        here = evolve(smtp, smtp_port=server.port)
        assert (await found_by(here, "mail"))["mail"].says.endswith("takes our password.")
        refused = await found_by(evolve(here, smtp_password="another"), "mail")
        assert "refuses our password" in refused["mail"].says
    finally:
        server.stop()


async def test_an_issuer_that_is_away(settings: Settings) -> None:
    away = evolve(
        settings, jwks_url=f"http://127.0.0.1:{free_port()}/jwks", dev_issuer=False, jwt_issuer="x", scaikey_me_url=""
    )
    assert (await found_by(away, "identity"))["identity"].verdict == "wrong"
    assert (await found_by(evolve(away, jwks_url=""), "identity"))["identity"].verdict == "wrong"


async def test_an_issuer_that_answers(settings: Settings, openid_provider: Any) -> None:
    issuer = openid_provider.url
    own = evolve(settings, scaikey_url=issuer, jwks_url=issuer + JWKS, jwt_issuer=issuer, dev_issuer=False)
    found = await found_by(evolve(own, scaikey_me_url=""), "identity")
    assert found["identity"].verdict == "ok"
    wrong = await found_by(evolve(own, scaikey_me_url="", jwt_issuer="https://other.example"), "identity")
    assert wrong["identity.issuer"].verdict == "wrong"


async def test_keys_that_others_may_read(settings: Settings, tmp_path: Path) -> None:
    key = tmp_path / "dev-issuer-key.json"
    key.write_text("{}")
    key.chmod(0o644)
    assert (await found_by(settings, "machine"))["machine.keys"].mend == f"Run: chmod 600 {key}"
    key.chmod(0o600)
    assert "machine.keys" not in await found_by(settings, "machine")


async def test_a_data_folder_that_anybody_may_write(settings: Settings, tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o777)  # noqa: PTH101, S103  # that is what is wrong with it
    assert (await found_by(settings, "machine"))["machine.folders"].verdict == "wrong"


async def test_a_register_that_is_away(settings: Settings) -> None:
    found = await found_by(evolve(settings, vies_url=f"http://127.0.0.1:{free_port()}"), "vat_register")
    assert found["vat_register"].verdict == "warning"


# -- all together --------------------------------------------------------------------------------


async def _hangs(_: Settings) -> AsyncIterator[Finding]:
    yield ok("slow", "begins well.")
    await asyncio.sleep(60)


async def _breaks(_: Settings) -> AsyncIterator[Finding]:
    yield ok("weak", "begins well.")
    raise ZeroDivisionError(f"with {PASSWORD} in it")


async def _works(_: Settings) -> AsyncIterator[Finding]:
    yield ok("strong", f"knows {PASSWORD}.")


async def test_one_that_hangs_or_breaks_stops_no_other(settings: Settings) -> None:
    checks: dict[str, Look] = {"slow": _hangs, "weak": _breaks, "strong": _works}
    own = evolve(settings, smtp_username="ann", smtp_password=PASSWORD)
    found = await examine(own, checks=checks, seconds=0.2)
    assert [(each.check, each.verdict.value) for each in found] == [
        ("slow", "ok"),
        ("slow", "wrong"),
        ("weak", "ok"),
        ("weak", "wrong"),
        ("strong", "ok"),
    ]
    assert PASSWORD not in str(found)


# -- traces ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "verdict", "named"),
    [
        (200, "ok", ""),
        (401, "warning", "OTLP_HEADERS"),
        (404, "warning", "OTLP_ENDPOINT"),
        (307, "warning", "its log"),
        (503, "warning", "its log"),
    ],
)
async def test_the_collector_of_traces(settings: Settings, status: int, verdict: str, named: str) -> None:
    with collecting() as collector:
        collector.status = status
        traced = evolve(settings, otlp_endpoint=collector.url, otlp_headers=f"authorization={PASSWORD}")
        found = (await found_by(traced, "traces"))["traces"]
    assert (found.verdict, collector.paths) == (verdict, ["/v1/traces"])
    assert collector.headers[0]["authorization"] == PASSWORD
    assert named in (found.mend or "")
    assert PASSWORD not in repr(found)


async def test_nobody_collects_traces(settings: Settings) -> None:
    found = await found_by(evolve(settings, otlp_endpoint=f"http://127.0.0.1:{free_port()}"), "traces")
    assert found["traces"].verdict == "warning"
    assert "SCAICONTROL_OTLP_ENDPOINT" in (found["traces"].mend or "")


async def test_headers_for_the_collector_that_cannot_be_had(settings: Settings) -> None:
    vaulted = evolve(settings, otlp_endpoint="http://127.0.0.1:1", otlp_headers_vault_path="traces/none")
    found = (await found_by(vaulted, "traces"))["traces"]
    assert found.verdict == "warning"
    assert "traces/none" in found.says
