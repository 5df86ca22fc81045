"""Settings: everything an installation may decide, read once from the environment and ``.env``.

Each field carries its own documentation; ``docs/reference/configuration.md`` is made from it.
Reading reports every wrong variable at once. This module loads nothing heavy: each command
of the command line reads it.
"""

# ruff: noqa: RUF009  # `_setting` is attrs' own `field`, with a document

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import Attribute, fields, frozen

from scaicontrol_adapters import setting_values as reading
from scaicontrol_adapters.environment import read_environment
from scaicontrol_adapters.setting_checks import check
from scaicontrol_adapters.setting_choices import (
    Environment,
    LogFormat,
    LogLevel,
    MailKind,
    ObjectStoreKind,
    SmtpSecurity,
)
from scaicontrol_adapters.setting_fields import PREFIX, variable
from scaicontrol_adapters.setting_fields import setting as _setting
from scaicontrol_adapters.setting_secret_checks import note
from scaicontrol_adapters.tracing_settings import TracingSettings
from scaicontrol_core.kernel.checks import Findings

if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "VIES_URL",
    "Environment",
    "LogFormat",
    "LogLevel",
    "MailKind",
    "ObjectStoreKind",
    "Settings",
    "SmtpSecurity",
    "variable",
]

_JWKS_PATH = "/api/v1/platform/.well-known/jwks.json"
_ME_PATH = "/auth/me"
#: What the test suite leaves in the environment for itself.
_TESTS_OWN = f"{PREFIX}TEST_"
_FILE = "scaicontrol.db"
_MIB = 1024 * 1024
_MOST_WORKERS = 64
_MOST_REQUESTS = 1_000_000
#: What production allows in a minute, unless told otherwise.
_USUAL_LIMITS = {
    "rate_limit_reads": 6000,
    "rate_limit_writes": 1200,
    "rate_limit_anonymous": 600,
    "rate_limit_failures": 60,
}

VIES_URL = "https://ec.europa.eu/taxation_customs/vies/rest-api"


@frozen(kw_only=True)
class Settings(TracingSettings):
    """One installation's settings. An empty variable counts as one that is not set."""

    env: Environment = _setting(
        Environment.DEVELOPMENT,
        "`development` or `production`. Production refuses to start with what only development may do.",
        reading.choice(Environment),
    )
    data_dir: Path = _setting(Path("var"), "Folder of everything an embedded installation keeps.", Path)
    public_url: str = _setting(
        "http://localhost:8000", "Address under which this server is reached from outside.", reading.address
    )
    database_url: str = _setting(
        "",
        "`mysql+aiomysql://user:password@host/name`, or `sqlite+aiosqlite:///file`. Empty: `scaicontrol.db` in the"
        " data folder.",
        reading.database,
        secret=True,
    )
    database_pool_size: int = _setting(
        10, "Most connections to MariaDB that one process holds to write, and as many to read.", reading.number(1, 500)
    )
    object_store: ObjectStoreKind = _setting(
        ObjectStoreKind.FOLDER, "Where documents are kept: `folder` or `s3`.", reading.choice(ObjectStoreKind)
    )
    objects_dir: Path = _setting(
        None, "Folder of the `folder` object store. Empty: `objects` in the data folder.", Path
    )
    s3_bucket: str = _setting("", "Bucket of the `s3` object store; it must exist.")
    s3_endpoint_url: str = _setting("", "Address of the S3 server. Empty: Amazon's own.", reading.address)
    s3_region: str = _setting("eu-west-1", "Region of the bucket.")
    s3_access_key: str = _setting("", "Access key. Empty: found as Amazon's own tools find it.", secret=True)
    s3_secret_key: str = _setting("", "Secret that belongs to the access key.", secret=True)
    s3_path_style: bool = _setting(
        default=True,
        doc="Whether the bucket stands in the path, as most servers but Amazon's want it.",
        parse=reading.yes_or_no,
    )
    s3_prefix: str = _setting("", "Put before every key, for a bucket shared with others.")
    mail: MailKind = _setting(
        MailKind.FOLDER, "Which way e-mails leave: `folder`, `smtp` or `scaisend`.", reading.choice(MailKind)
    )
    mail_dir: Path = _setting(
        None, "Folder of the `folder` mail, an `.eml` file a message. Empty: `mail` in the data folder.", Path
    )
    mail_from: str = _setting("", "Address that e-mails are sent from; `smtp` and `scaisend` need it.", reading.mailbox)
    smtp_host: str = _setting("", "Name of the mail server.")
    smtp_port: int = _setting(587, "Its port.", reading.number(1, 65535))
    smtp_security: SmtpSecurity = _setting(
        SmtpSecurity.STARTTLS,
        "How the line to it is protected: `starttls`, `tls` or `none`.",
        reading.choice(SmtpSecurity),
    )
    smtp_username: str = _setting("", "User name at the mail server. Empty: no login.")
    smtp_password: str = _setting("", "Password that belongs to the user name.", secret=True)
    scaisend_url: str = _setting("", "Address of ScaiSend.", reading.address)
    scaisend_token: str = _setting("", "Token for ScaiSend.", secret=True)
    scaisend_webhook_secret: str = _setting(
        "",
        "Secret (`whsec_…`) that ScaiSend signs its reports with. Empty: its reports are refused.",
        reading.webhook_secret,
        secret=True,
    )
    scaikey_url: str = _setting(
        "", "Address of ScaiKey, or of any issuer of OpenID Connect. Production needs it.", reading.address
    )
    jwt_issuer: str = _setting("", "The `iss` that tokens must carry. Empty: the address of ScaiKey.")
    jwt_audience: str = _setting("", "The `aud` that tokens must carry. Empty: any.")
    jwks_url: str = _setting(
        "", f"Where the issuer's public keys are. Empty: `{_JWKS_PATH}` at the address of ScaiKey.", reading.address
    )
    jwks_stale_hours: int = _setting(
        24, "How long known keys go on serving while the issuer does not answer, in hours.", reading.number(1, 720)
    )
    scaikey_me_url: str = _setting(
        "",
        "Where the issuer tells what the bearer of a token may do by now. Empty: `/auth/me` at the address of ScaiKey."
        " `none`: nobody is asked, what stands in a token holds until it expires.",
        reading.address_or_none,
    )
    dev_issuer: bool = _setting(
        None,
        "Whether this server issues tokens itself, to anyone who asks. Empty: yes in development without ScaiKey, else"
        " no. Production refuses it.",
        reading.yes_or_no,
    )
    vies_url: str = _setting(
        "",
        "Address of VIES, the register of VAT numbers. Empty: the European Commission's in production, none in"
        " development. `none`: no register is asked, and VAT numbers stay unverified until somebody attests them.",
        reading.address_or_none,
    )
    vies_timeout_seconds: int = _setting(10, "Longest wait for one answer of VIES, in seconds.", reading.number(1, 60))
    redis_url: str = _setting(
        "",
        "`redis://[:password@]host[:port]/number` of the cache that all processes share (`rediss`: TLS). Empty: each"
        " process has its own, in memory. Nothing is lost with it.",
        reading.redis,
        secret=True,
    )
    entitlements_max_age_seconds: int = _setting(
        15, "Most seconds by which an answer about entitlements may be behind; `0`: none.", reading.number(0, 300)
    )
    cors_origins: tuple[str, ...] = _setting(
        (), "Origins whose pages may call the API, separated by commas.", reading.origins
    )
    rate_limit_reads: int = _setting(
        None,
        "Most reading requests of one caller in any minute; `0`: no limit. Empty: 6000 in production, else none.",
        reading.number(0, _MOST_REQUESTS),
    )
    rate_limit_writes: int = _setting(
        None, "Most others of one caller. Empty: 1200 in production, else no limit.", reading.number(0, _MOST_REQUESTS)
    )
    rate_limit_anonymous: int = _setting(
        None,
        "Most requests from one address that need no token. Empty: 600 in production, else no limit.",
        reading.number(0, _MOST_REQUESTS),
    )
    rate_limit_failures: int = _setting(
        None,
        "Most requests from one address whose token is missing or wrong. Empty: 60 in production, else no limit.",
        reading.number(0, _MOST_REQUESTS),
    )
    trusted_proxies: tuple[str, ...] = _setting(
        (),
        "Addresses and networks of reverse proxies, separated by commas: what they say in `X-Forwarded-For` is"
        " believed, and nobody else.",
        reading.networks,
    )
    body_limit: int = _setting(_MIB, "Most bytes in the body of a request.", reading.number(1024, 100 * _MIB))
    background_jobs: str = _setting(
        "scaicontrol_jobs.embedded:start",
        "What the server runs in the background, by import name; `none` for nothing.",
        lambda raw: "" if raw.lower() == "none" else reading.import_name(raw),
    )
    pdf_workers: int = _setting(
        0, "Processes that render PDFs; `0`: one for each core, at most eight.", reading.number(0, _MOST_WORKERS)
    )
    remote_url: str = _setting(
        "",
        "Server that the commands of `scaicontrol admin` speak to. Empty: they work on the database of these settings.",
        reading.address,
    )
    remote_token: str = _setting("", "Bearer token for that server.", secret=True)
    remote_token_file: str = _setting("", "File that holds the bearer token for that server instead.")
    log_level: LogLevel = _setting(
        LogLevel.INFO,
        "Least important lines that are logged: `debug`, `info`, `warning`, `error`.",
        reading.choice(LogLevel),
    )
    log_format: LogFormat = _setting(LogFormat.JSON, "`json`, or `console` for people.", reading.choice(LogFormat))

    def __attrs_post_init__(self) -> None:
        """Fill in what depends on other settings."""
        absent: Any = None
        jwks_url = self.jwks_url or (self.scaikey_url and self.scaikey_url + _JWKS_PATH)
        derived: dict[str, Any] = {
            "database_url": self.database_url
            or ("" if self.database_url_vault_path else f"sqlite+aiosqlite:///{self.data_dir.absolute() / _FILE}"),
            "secrets_file": self.data_dir / "secrets.json" if self.secrets_file is absent else self.secrets_file,
            "secrets_key_file": self.data_dir / "secrets.key"
            if self.secrets_key_file is absent
            else self.secrets_key_file,
            "objects_dir": self.data_dir / "objects" if self.objects_dir is absent else self.objects_dir,
            "mail_dir": self.data_dir / "mail" if self.mail_dir is absent else self.mail_dir,
            "jwks_url": jwks_url,
            "jwt_issuer": self.jwt_issuer or self.scaikey_url,
            "scaikey_me_url": reading.unless_none(
                self.scaikey_me_url, self.scaikey_url and self.scaikey_url + _ME_PATH
            ),
            **self.directory_addresses(self.scaikey_url),
            "dev_issuer": not (self.is_production or jwks_url) if self.dev_issuer is absent else self.dev_issuer,
            "vies_url": reading.unless_none(self.vies_url, VIES_URL if self.is_production else ""),
            "pdf_workers": self.pdf_workers or min(os.cpu_count() or 1, 8),
        }
        for name, usual in _USUAL_LIMITS.items():
            if getattr(self, name) is absent:
                derived[name] = usual if self.is_production else 0
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def is_production(self) -> bool:
        """Tell whether customers depend on this installation."""
        return self.env is Environment.PRODUCTION

    @property
    def is_embedded(self) -> bool:
        """Tell whether the database is a file of this machine's."""
        return self.database_url.startswith("sqlite")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, *, dotenv: Path | None = None) -> Self:
        """Read the settings; raises one ``Invalid`` (``settings_invalid``) that names every wrong variable.

        ``environ`` replaces both the environment and ``.env`` (default: in the working folder).
        """
        given = read_environment(dotenv) if environ is None else environ
        findings, values = Findings(), dict[str, Any]()
        for attribute in fields(cls):
            raw = given.get(variable(attribute), "").strip()
            if raw:
                _read(attribute, raw, values, findings)
        _note_unknown(given, {variable(attribute) for attribute in fields(cls)}, findings)
        settings = cls(**values)
        check(settings, findings)
        findings.raise_if_any()
        return settings


def _read(attribute: Attribute[Any], raw: str, values: dict[str, Any], findings: Findings) -> None:
    try:
        values[attribute.name] = attribute.metadata["parse"](raw)
    except ValueError as wrong:
        # A secret is not repeated in a message that will be logged.
        shown = "its value" if attribute.metadata["secret"] else repr(raw)
        note(findings, attribute.name, f"cannot be used: {shown} is {wrong}")


def _note_unknown(given: Mapping[str, str], known: set[str], findings: Findings) -> None:
    """Note variables that look like ours and are not: a misspelt one would silently do nothing."""
    for name in sorted(given):
        if name.startswith(PREFIX) and name not in known and not name.startswith(_TESTS_OWN):
            near = get_close_matches(name, known, n=1)
            message = f"There is no setting {name}." + (f" Is {near[0]} meant?" if near else "")
            findings.note(f"/{name}", message, "settings_invalid")
