"""Settings: one typed object from the environment and ``.env``, checked whole at the start.

Every variable is ``SCAICONTROL_`` and the field's name in capitals. ``docs/reference/configuration.md``
is made from this class. Secrets never appear in its text.
"""

# ruff: noqa: RUF009  # _setting declares a field, as attrs.field does; it runs once, on purpose

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from attrs import Attribute, Factory, field, fields, frozen

from scaicontrol_core.kernel.errors import FieldError, Invalid

PREFIX = "SCAICONTROL_"
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


class Environment(StrEnum):
    """Where this runs; production refuses what only a developer may have."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class ObjectStoreKind(StrEnum):
    """Where documents are kept."""

    FOLDER = "folder"
    S3 = "s3"


def _text(raw: str) -> str:
    return raw


def _flag(raw: str) -> bool:
    word = raw.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("write true or false")
    return word in _TRUE


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(raw: str) -> int:
        number = int(raw)
        if not low <= number <= high:
            raise ValueError(f"between {low} and {high}")
        return number

    return read


def _words(raw: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in raw.split(",") if word.strip())


def _setting(read: Callable[[str], Any], doc: str, default: Any, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"read": read, "doc": doc, "secret": secret})


def _database_beside(own: Settings) -> str:
    return f"sqlite+aiosqlite:///{own.data_dir / 'scaicontrol.db'}"


def _workers() -> int:
    return max(1, min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))


@frozen(kw_only=True)
class Settings:
    """Everything that can be set. Read with ``Settings.from_environment()``."""

    env: Environment = _setting(Environment, "`development` or `production`.", Environment.DEVELOPMENT)
    data_dir: Path = _setting(Path, "Folder of the embedded database, documents and development key.", Path("var"))
    database_url: str = _setting(
        _text,
        "`sqlite+aiosqlite:///file.db` or `mysql+aiomysql://user:password@host/name`. Default: SQLite there.",
        Factory(_database_beside, takes_self=True),
        secret=True,
    )
    database_pool_size: int = _setting(_whole(1, 200), "Connections one process may hold (MariaDB).", 10)
    object_store: ObjectStoreKind = _setting(
        ObjectStoreKind, "`folder` (in the data folder) or `s3`.", ObjectStoreKind.FOLDER
    )
    s3_bucket: str | None = _setting(_text, "Bucket of the documents; required for `s3`.", None)
    s3_endpoint_url: str | None = _setting(_text, "Address of an S3 server that is not Amazon's.", None)
    s3_region: str = _setting(_text, "Region of the bucket.", "eu-west-1")
    s3_access_key: str | None = _setting(_text, "Access key; without one, the machine's own role.", None, secret=True)
    s3_secret_key: str | None = _setting(_text, "Secret key.", None, secret=True)
    s3_path_style: bool = _setting(_flag, "Put the bucket into the path, as most other servers need.", default=True)
    s3_prefix: str = _setting(_text, "Put before every key, e.g. `scaicontrol/`.", "")
    pdf_workers: int = _setting(
        _whole(1, 64), "Processes that render PDFs. Default: one a core, at most 4.", Factory(_workers)
    )
    scaikey_url: str | None = _setting(
        _text, "Base address of ScaiKey, the issuer of tokens; required in production.", None
    )
    jwt_issuer: str | None = _setting(_text, "The `iss` tokens must have. Default: the ScaiKey address.", None)
    jwt_audience: str | None = _setting(_text, "The `aud` tokens must have, if any.", None)
    jwks_cache_seconds: int = _setting(_whole(1, 86_400), "For how long the issuer's keys are kept.", 3600)
    dev_issuer: bool = _setting(
        _flag,
        "Issue tokens of our own, for development. Default: on in development without ScaiKey; refused in production.",
        Factory(lambda own: own.env is Environment.DEVELOPMENT and own.scaikey_url is None, takes_self=True),
    )
    public_url: str = _setting(_text, "The address people reach this server at.", "http://localhost:8000")
    cors_allow_origins: tuple[str, ...] = _setting(_words, "Origins of browser applications, comma-separated.", ())
    max_body_bytes: int = _setting(_whole(1_024, 100_000_000), "Largest request body, in bytes.", 1_048_576)
    embedded_jobs: str = _setting(
        _text,
        "Background jobs run inside the server, as `module:function`; empty for none (a worker runs them).",
        "scaicontrol_jobs.embedded:start",
    )
    log_level: str = _setting(_text, "`debug`, `info`, `warning` or `error`.", "info")
    log_format: str = _setting(_text, "`json`, or `text` for reading.", "json")

    def __attrs_post_init__(self) -> None:
        """Refuse combinations that could not work, or would be unsafe; all of them at once."""
        wrong = [FieldError(f"/{PREFIX}{name}", message) for name, message in _contradictions(self)]
        if wrong:
            raise _invalid(wrong)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, env_file: Path | None = None) -> Settings:
        """Read the environment over ``.env`` (default: in the working folder).

        Raises ``Invalid`` (``settings_invalid``) that names every wrong variable at once.
        """
        given = dict(_env_file(env_file or Path(".env")))
        given.update(os.environ if environ is None else environ)
        values: dict[str, Any] = {}
        wrong: list[FieldError] = []
        known = {f"{PREFIX}{attribute.name.upper()}": attribute for attribute in fields(cls)}
        for variable, attribute in known.items():
            raw = given.get(variable, "")
            if raw == "":
                continue
            try:
                values[attribute.name] = attribute.metadata["read"](raw)
            except ValueError as error:
                wrong.append(FieldError(f"/{variable}", _shown(attribute, raw, error)))
        wrong += [
            FieldError(f"/{variable}", "There is no such setting.")
            for variable in sorted(given)
            if variable.startswith(PREFIX) and variable not in known and not variable.startswith(f"{PREFIX}TEST_")
        ]
        if wrong:
            raise _invalid(wrong)
        return cls(**values)

    @property
    def objects_dir(self) -> Path:
        """The folder of documents where no S3 is configured."""
        return self.data_dir / "objects"

    @property
    def issuer(self) -> str:
        """The ``iss`` that tokens must have."""
        return self.jwt_issuer or self.scaikey_url or self.public_url

    @property
    def is_production(self) -> bool:
        """Tell whether this is the real thing."""
        return self.env is Environment.PRODUCTION


def _contradictions(own: Settings) -> list[tuple[str, str]]:
    found = []
    if own.is_production and own.dev_issuer:
        found.append(("DEV_ISSUER", "The development issuer is not for production."))
    if own.is_production and own.scaikey_url is None:
        found.append(("SCAIKEY_URL", "Production needs the issuer of its tokens."))
    if not own.dev_issuer and own.scaikey_url is None and not own.is_production:
        found.append(("SCAIKEY_URL", "Without the development issuer, name the issuer of tokens."))
    if own.object_store is ObjectStoreKind.S3 and not own.s3_bucket:
        found.append(("S3_BUCKET", "The object store s3 needs a bucket."))
    if not own.database_url.startswith(("sqlite+aiosqlite://", "mysql+aiomysql://")):
        found.append(("DATABASE_URL", "Use sqlite+aiosqlite:// or mysql+aiomysql://."))
    if own.log_level not in {"debug", "info", "warning", "error"}:
        found.append(("LOG_LEVEL", "One of debug, info, warning, error."))
    if own.log_format not in {"json", "text"}:
        found.append(("LOG_FORMAT", "One of json, text."))
    return found


def _shown(attribute: Attribute[Any], raw: str, error: ValueError) -> str:
    choices = attribute.metadata["read"]
    if isinstance(choices, type) and issubclass(choices, StrEnum):
        return f"{raw!r} is not one of {', '.join(choices)}."
    return f"This value cannot be read: {error}." if attribute.metadata["secret"] else f"{raw!r}: {error}."


def _invalid(wrong: list[FieldError]) -> Invalid:
    details = "; ".join(f"{each.pointer[1:]}: {each.message}" for each in wrong)
    return Invalid(f"The settings are wrong. {details}", code="settings_invalid", fields=wrong)


def _env_file(path: Path) -> Mapping[str, str]:
    """Read ``NAME=value`` lines; ``#`` begins a comment line, quotes around a value are dropped."""
    if not path.is_file():
        return {}
    pairs: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            pairs[name.strip()] = value.strip().strip("\"'")
    return pairs


def reference() -> str:
    """Write ``docs/reference/configuration.md`` from the class."""
    rows = ["# Configuration", "", "Made from `scaicontrol_adapters/settings.py`; do not edit.", ""]
    rows += ["Each is read from the environment, else from `.env` in the working folder.", ""]
    rows += ["| Variable | Default | What it sets |", "|---|---|---|"]
    for attribute in fields(Settings):
        default = attribute.default
        shown = "" if default is None or isinstance(default, type(Factory(list))) else _default_text(default)
        secret = " *Secret.*" if attribute.metadata["secret"] else ""
        rows.append(f"| `{PREFIX}{attribute.name.upper()}` | {shown} | {attribute.metadata['doc']}{secret} |")
    return "\n".join(rows) + "\n"


def _default_text(default: object) -> str:
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if str(default) and default != () else ""
