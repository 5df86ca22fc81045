"""Settings about secrets: where they are kept, and which setting's value lies there under which path."""

# ruff: noqa: RUF009  # `setting` and `vault_path` are attrs' own `field`, with a document

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import fields, frozen

from scaicontrol_adapters import setting_values as reading
from scaicontrol_adapters.setting_fields import VAULT_PATH, setting, vault_path

_HOUR = 3600


@frozen(kw_only=True)
class SecretSettings:
    """The part of ``Settings`` that is about secrets."""

    secrets_file: Path = setting(
        None,
        "Encrypted file of the secrets of an installation without ScaiVault. Empty: `secrets.json` in the data folder.",
        Path,
    )
    secrets_key: str = setting(
        "",
        "Key of that file: base64 of 32 bytes. Empty: it stands in the file of `SCAICONTROL_SECRETS_KEY_FILE`.",
        reading.secret_key,
        secret=True,
    )
    secrets_key_file: Path = setting(
        None,
        "File of the key, made at first use for its owner alone. Empty: `secrets.key` in the data folder. Production"
        " refuses one that others may read.",
        Path,
    )
    scaivault_url: str = setting(
        "",
        "Address of ScaiVault, or of any server of version 2 of the KV engine. Empty: secrets are kept in the file.",
        reading.address,
    )
    scaivault_mount: str = setting("secret", "Where the KV engine is mounted.", reading.secret_path)
    scaivault_namespace: str = setting("", "Namespace of the mount, on servers that have them.", reading.secret_path)
    scaivault_token: str = setting("", "Our token for ScaiVault.", secret=True)
    scaivault_token_file: Path = setting(
        None, "In place of the token: a file that holds it, read again when it changed or is refused.", Path
    )
    scaivault_role_id: str = setting("", "In place of a token: the role that we log in with (AppRole).")
    scaivault_secret_id_file: Path = setting(None, "File of the secret id that belongs to the role.", Path)
    scaivault_cache_seconds: int = setting(
        300, "Most seconds for which an answer of ScaiVault serves; `0`: not at all.", reading.number(0, 3600)
    )
    scaivault_stale_seconds: int = setting(
        _HOUR,
        "Most seconds for which it serves beyond that while ScaiVault does not answer; `0`: not at all.",
        reading.number(0, 24 * _HOUR),
    )
    database_url_vault_path: str = vault_path("database_url")
    redis_url_vault_path: str = vault_path("redis_url")
    s3_access_key_vault_path: str = vault_path("s3_access_key")
    s3_secret_key_vault_path: str = vault_path("s3_secret_key")
    smtp_password_vault_path: str = vault_path("smtp_password")
    scaisend_token_vault_path: str = vault_path("scaisend_token")
    scaisend_webhook_secret_vault_path: str = vault_path("scaisend_webhook_secret")
    directory_client_secret_vault_path: str = vault_path("directory_client_secret")
    otlp_headers_vault_path: str = vault_path("otlp_headers")

    def has(self, name: str) -> bool:
        """Tell whether a secret setting was given, itself or by its path."""
        return bool(getattr(self, name) or getattr(self, name + VAULT_PATH, ""))


def vaulted(kind: type[Any] = SecretSettings) -> tuple[str, ...]:
    """Return the names of the settings whose value may lie in the store of secrets."""
    return tuple(each.name.removesuffix(VAULT_PATH) for each in fields(kind) if each.name.endswith(VAULT_PATH))
