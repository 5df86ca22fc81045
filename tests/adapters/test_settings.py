"""Settings: what the environment says, every mistake at once, and no secret anywhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import fields

from scaicontrol_adapters.environment import parse_dotenv
from scaicontrol_adapters.secret_settings import vaulted
from scaicontrol_adapters.setting_values import header_pairs
from scaicontrol_adapters.settings import Environment, ObjectStoreKind, Settings
from scaicontrol_core.kernel.errors import Invalid

SCAIKEY = {"SCAICONTROL_SCAIKEY_URL": "https://key.example"}
PRODUCTION = {"SCAICONTROL_ENV": "production", **SCAIKEY}


def test_without_any_variable_it_is_an_embedded_development_server() -> None:
    settings = Settings.from_environment({})
    assert settings.env is Environment.DEVELOPMENT
    assert settings.is_embedded
    assert settings.database_url == f"sqlite+aiosqlite:///{Path('var').absolute()}/scaicontrol.db"
    assert settings.objects_dir == Path("var/objects")
    assert settings.dev_issuer
    assert settings.pdf_workers >= 1


def test_an_empty_variable_counts_as_one_not_set() -> None:
    assert Settings.from_environment({"SCAICONTROL_BODY_LIMIT": " "}).body_limit == 1024 * 1024


def test_every_wrong_variable_is_named_at_once() -> None:
    wrong = {
        "SCAICONTROL_ENV": "staging",
        "SCAICONTROL_BODY_LIMIT": "one",
        "SCAICONTROL_DATABASE_URL": "postgresql://u:secret@host/db",
        "SCAICONTROL_CORS_ORIGINS": "https://a.example, b.example",
        "SCAICONTROL_OBJECT_STORE": "s3",
        "SCAICONTROL_BACKGROUND_JOBS": "no such thing",
        "SCAICONTROL_S3_PATH_STYLE": "perhaps",
        "SCAICONTROL_S3_ACCESS_KEY": "key",
        "SCAICONTROL_REDIS_URL": "http://:secret@host",
        "SCAICONTROL_ENTITLEMENTS_MAX_AGE_SECONDS": "301",
    }
    with pytest.raises(Invalid) as caught:
        Settings.from_environment(wrong)
    assert caught.value.code == "settings_invalid"
    expected = (wrong.keys() - {"SCAICONTROL_OBJECT_STORE", "SCAICONTROL_S3_ACCESS_KEY"}) | {
        "SCAICONTROL_S3_BUCKET",
        "SCAICONTROL_S3_SECRET_KEY",
    }
    assert {field.pointer for field in caught.value.fields} == {f"/{name}" for name in expected}
    assert "secret" not in str([field.message for field in caught.value.fields])


def test_a_misspelt_variable_is_not_passed_over() -> None:
    with pytest.raises(Invalid) as caught:
        Settings.from_environment({"SCAICONTROL_DATABSE_URL": "x", "SCAICONTROL_TEST_KEEPER": "y", "OTHER": "z"})
    (field,) = caught.value.fields
    assert field.pointer == "/SCAICONTROL_DATABSE_URL"
    assert "SCAICONTROL_DATABASE_URL" in field.message


def test_production_refuses_the_development_issuer() -> None:
    with pytest.raises(Invalid) as caught:
        Settings.from_environment({**PRODUCTION, "SCAICONTROL_DEV_ISSUER": "true"})
    assert [field.pointer for field in caught.value.fields] == ["/SCAICONTROL_DEV_ISSUER"]
    assert not Settings.from_environment(PRODUCTION).dev_issuer


def test_production_needs_somebody_who_issues_tokens() -> None:
    with pytest.raises(Invalid) as caught:
        Settings.from_environment({"SCAICONTROL_ENV": "production"})
    assert [field.pointer for field in caught.value.fields] == ["/SCAICONTROL_SCAIKEY_URL"]
    with pytest.raises(Invalid) as caught:
        Settings.from_environment({"SCAICONTROL_ENV": "production", "SCAICONTROL_JWKS_URL": "https://k.example/jwks"})
    assert [field.pointer for field in caught.value.fields] == ["/SCAICONTROL_JWT_ISSUER"]


def test_scaikey_names_the_issuer_and_the_place_of_its_keys() -> None:
    settings = Settings.from_environment({"SCAICONTROL_SCAIKEY_URL": "https://key.example/"})
    assert settings.jwt_issuer == "https://key.example"
    assert settings.jwks_url == "https://key.example/api/v1/platform/.well-known/jwks.json"
    assert not settings.dev_issuer


def test_scaikey_is_asked_what_somebody_may_do_unless_nobody_is_to_be_asked() -> None:
    scaikey = {"SCAICONTROL_SCAIKEY_URL": "https://key.example"}
    assert Settings.from_environment({}).scaikey_me_url == ""
    assert Settings.from_environment(scaikey).scaikey_me_url == "https://key.example/auth/me"
    other = {"SCAICONTROL_SCAIKEY_ME_URL": "https://key.example/userinfo"}
    assert Settings.from_environment(scaikey | other).scaikey_me_url == "https://key.example/userinfo"
    assert Settings.from_environment(scaikey | {"SCAICONTROL_SCAIKEY_ME_URL": "none"}).scaikey_me_url == ""


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"SCAIKEY_URL": "http://key.example"}, ["SCAIKEY_URL"]),
        ({"JWKS_URL": "http://key.example/jwks"}, ["JWKS_URL"]),
        (
            {"JWKS_URL": "http://k.example/jwks", "SCAIKEY_ME_URL": "http://k.example/me"},
            ["JWKS_URL", "SCAIKEY_ME_URL"],
        ),
        ({"JWKS_URL": "http://127.0.0.1:9000/jwks", "SCAIKEY_ME_URL": "http://localhost/me"}, []),
        ({"JWKS_URL": "http://[::1]:9000/jwks"}, []),
    ],
)
def test_in_production_keys_and_tokens_do_not_travel_in_the_open(given: dict[str, str], wrong: list[str]) -> None:
    variables = PRODUCTION | {f"SCAICONTROL_{name}": value for name, value in given.items()}
    if not wrong:
        Settings.from_environment(variables)
        return
    with pytest.raises(Invalid) as caught:
        Settings.from_environment(variables)
    assert [field.pointer for field in caught.value.fields] == [f"/SCAICONTROL_{name}" for name in wrong]


def test_secrets_do_not_show() -> None:
    settings = Settings.from_environment(
        {
            "SCAICONTROL_DATABASE_URL": "mysql+aiomysql://me:hush@db/x",
            "SCAICONTROL_OBJECT_STORE": "s3",
            "SCAICONTROL_S3_BUCKET": "papers",
            "SCAICONTROL_S3_ACCESS_KEY": "hush",
            "SCAICONTROL_S3_SECRET_KEY": "hush",
        }
    )
    assert settings.object_store is ObjectStoreKind.S3
    assert "hush" not in repr(settings)


def test_background_jobs_can_be_switched_off() -> None:
    assert Settings.from_environment({"SCAICONTROL_BACKGROUND_JOBS": "none"}).background_jobs == ""
    assert Settings.from_environment({}).background_jobs == "scaicontrol_jobs.embedded:start"


def test_a_dotenv_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("SCAICONTROL_BODY_LIMIT=2048\nSCAICONTROL_LOG_LEVEL=error\n", encoding="utf-8")
    monkeypatch.setenv("SCAICONTROL_LOG_LEVEL", "debug")
    settings = Settings.from_environment(dotenv=file)
    assert settings.body_limit == 2048
    assert settings.log_level.value == "debug"


def test_a_dotenv_file_has_comments_quotes_and_exports() -> None:
    text = """
    # a comment
    export A=1
    B = "two words # no comment"   # a comment
    C='$A'
    D=plain#part  # a comment
    E=
    """
    expected = {"A": "1", "B": "two words # no comment", "C": "$A", "D": "plain#part", "E": ""}
    assert parse_dotenv(text) == expected


def test_a_broken_line_of_a_dotenv_file_is_named_by_its_number_only() -> None:
    with pytest.raises(Invalid) as caught:
        parse_dotenv("A=1\nhush hush\n")
    assert caught.value.fields[0].pointer == "/.env/2"
    assert "hush" not in caught.value.message


def test_reading_the_settings_loads_nothing_heavy() -> None:
    program = (
        "import sys; from scaicontrol_adapters.settings import Settings; Settings.from_environment({});"
        "print([name for name in ('sqlalchemy', 'litestar', 'httpx', 'pydantic', 'asyncio') if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


# -- secrets, and where they lie ---------------------------------------------------------------------

#: What needs no twin: the keys to the stores themselves, and what one person types for one server.
_NO_TWIN = {"secrets_key", "scaivault_token", "remote_token"}


def test_every_secret_setting_may_name_a_path_instead() -> None:
    secret = {each.name for each in fields(Settings) if each.metadata["secret"]}
    assert secret - _NO_TWIN == set(vaulted())
    planted: dict[str, Any] = dict.fromkeys(secret - {"database_url"}, "planted-1")
    assert "planted-1" not in repr(Settings(**planted, database_url="sqlite+x:///planted-1"))


@pytest.mark.parametrize("name", vaulted())
def test_a_secret_and_its_path_exclude_each_other(name: str) -> None:
    plain = {
        "database_url": "mysql+aiomysql://u:planted@h/d",
        "redis_url": "redis://:planted@h",
        "scaisend_webhook_secret": "whsec_" + "planted0" * 6,
        "otlp_headers": "authorization=Bearer%20planted",
    }.get(name, "planted")
    given = {f"SCAICONTROL_{name.upper()}": plain, f"SCAICONTROL_{name.upper()}_VAULT_PATH": "a/b"}
    with pytest.raises(Invalid) as caught:
        Settings.from_environment(given)
    assert f"/SCAICONTROL_{name.upper()}" in {field.pointer for field in caught.value.fields}
    assert "planted" not in repr([(field.pointer, field.message) for field in caught.value.fields])


def test_a_path_does_for_what_would_be_missing() -> None:
    settings = Settings.from_environment(
        {
            "SCAICONTROL_DATABASE_URL_VAULT_PATH": "/db/url",
            "SCAICONTROL_OBJECT_STORE": "s3",
            "SCAICONTROL_S3_BUCKET": "b",
            "SCAICONTROL_S3_ACCESS_KEY": "AKIA",
            "SCAICONTROL_S3_SECRET_KEY_VAULT_PATH": "s3/secret",
            "SCAICONTROL_MAIL": "scaisend",
            "SCAICONTROL_MAIL_FROM": "a@b.example",
            "SCAICONTROL_SCAISEND_URL": "https://send.example",
            "SCAICONTROL_SCAISEND_TOKEN_VAULT_PATH": "mail/token",
            "SCAICONTROL_SMTP_USERNAME": "u",
            "SCAICONTROL_SMTP_PASSWORD_VAULT_PATH": "mail/smtp",
        }
    )
    assert settings.database_url_vault_path == "db/url"
    assert (settings.database_url, settings.is_embedded) == ("", False)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"SMTP_PASSWORD_VAULT_PATH": "a b"}, {"SMTP_PASSWORD_VAULT_PATH"}),
        ({"SECRETS_KEY": "planted"}, {"SECRETS_KEY"}),
        ({"SCAIVAULT_URL": "https://v.example"}, {"SCAIVAULT_TOKEN"}),
        (
            {"SCAIVAULT_URL": "https://v.example", "SCAIVAULT_TOKEN": "t", "SCAIVAULT_TOKEN_FILE": "f"},
            {"SCAIVAULT_TOKEN"},
        ),
        ({"SCAIVAULT_URL": "https://v.example", "SCAIVAULT_ROLE_ID": "r"}, {"SCAIVAULT_SECRET_ID_FILE"}),
        ({"SCAIVAULT_CACHE_SECONDS": "3601"}, {"SCAIVAULT_CACHE_SECONDS"}),
    ],
)
def test_what_would_not_find_a_secret_is_told_at_the_start(given: dict[str, str], wrong: set[str]) -> None:
    with pytest.raises(Invalid) as caught:
        Settings.from_environment({f"SCAICONTROL_{name}": value for name, value in given.items()})
    assert {field.pointer for field in caught.value.fields} == {f"/SCAICONTROL_{name}" for name in wrong}
    assert "planted" not in repr([field.message for field in caught.value.fields])


def test_production_sends_no_secret_over_an_open_line_and_keeps_no_key_others_may_read(tmp_path: Path) -> None:
    vault = {"SCAICONTROL_SCAIVAULT_URL": "http://vault.example", "SCAICONTROL_SCAIVAULT_TOKEN": "t"}
    with pytest.raises(Invalid, match="SCAIVAULT_URL"):
        Settings.from_environment(PRODUCTION | vault)
    key = tmp_path / "secrets.key"
    key.write_text("x")
    key.chmod(0o640)
    with pytest.raises(Invalid, match="chmod 600"):
        Settings.from_environment(PRODUCTION | {"SCAICONTROL_SECRETS_KEY_FILE": str(key)})
    key.chmod(0o600)
    Settings.from_environment(PRODUCTION | {"SCAICONTROL_SECRETS_KEY_FILE": str(key)})


# -- traces ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"OTLP_SAMPLE_RATIO": "1.5"}, "OTLP_SAMPLE_RATIO"),
        ({"OTLP_SAMPLE_RATIO": "nan"}, "OTLP_SAMPLE_RATIO"),
        ({"OTLP_ENDPOINT": "collector:4317"}, "OTLP_ENDPOINT"),
        ({"OTLP_HEADERS": "authorization=planted"}, "OTLP_ENDPOINT"),
        ({"OTLP_ENDPOINT": "http://c", "OTLP_HEADERS": "planted"}, "OTLP_HEADERS"),
        ({"OTLP_ENDPOINT": "http://c", "OTLP_HEADERS": "a=planted%0d%0ab: c"}, "OTLP_HEADERS"),
        ({"OTLP_ENDPOINT": "http://c", "OTLP_HEADERS": "a b=planted"}, "OTLP_HEADERS"),
        ({"ENV": "production", "OTLP_ENDPOINT": "http://c", "OTLP_HEADERS": "a=planted"}, "OTLP_ENDPOINT"),
    ],
)
def test_what_traces_cannot_be_sent_with_is_told(given: dict[str, str], wrong: str) -> None:
    with pytest.raises(Invalid) as caught:
        Settings.from_environment({f"SCAICONTROL_{name}": value for name, value in given.items()})
    assert f"/SCAICONTROL_{wrong}" in {field.pointer for field in caught.value.fields}
    assert "planted" not in repr([(field.pointer, field.message) for field in caught.value.fields])


def test_headers_are_written_as_opentelemetry_writes_them() -> None:
    assert header_pairs("authorization=Bearer%20x%3D, X-Scope=prod,") == {
        "authorization": "Bearer x=",
        "X-Scope": "prod",
    }
