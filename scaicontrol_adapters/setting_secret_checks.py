"""What settings about secrets may not say together, and where secrets would travel or lie open."""

from __future__ import annotations

import stat
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scaicontrol_adapters.secret_settings import vaulted
from scaicontrol_adapters.setting_fields import PREFIX, VAULT_PATH

if TYPE_CHECKING:
    from pathlib import Path

    from scaicontrol_adapters.settings import Settings
    from scaicontrol_core.kernel.checks import Findings

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_secrets(settings: Settings, findings: Findings) -> None:
    """Note what contradicts itself, and in production what lies open."""
    for name in vaulted():
        if getattr(settings, name) and getattr(settings, name + VAULT_PATH):
            note(findings, name, f"and {PREFIX}{name.upper()}{VAULT_PATH.upper()} exclude each other")
    if settings.scaivault_url:
        _check_token(settings, findings)
    if not settings.is_production:
        return
    if is_open(settings.scaivault_url):
        note(findings, "scaivault_url", "must begin with https:// in production: it carries every secret")
    if not settings.scaivault_url and not settings.secrets_key and is_exposed(settings.secrets_key_file):
        note(
            findings,
            "secrets_key_file",
            f"names a file that others may read, which is no key: run chmod 600 {settings.secrets_key_file}",
        )


def _check_token(settings: Settings, findings: Findings) -> None:
    given = [settings.scaivault_token, settings.scaivault_token_file, settings.scaivault_role_id]
    if sum(1 for each in given if each) != 1:
        note(
            findings,
            "scaivault_token",
            "or one of SCAIVAULT_TOKEN_FILE and SCAIVAULT_ROLE_ID is needed for ScaiVault, and only one of the three",
        )
    if bool(settings.scaivault_role_id) != bool(settings.scaivault_secret_id_file):
        note(findings, "scaivault_secret_id_file", "and the role's id are set together or not at all")


def is_exposed(path: Path) -> bool:
    """Tell whether there is such a file, and others than its owner may do something with it."""
    try:
        return bool(path.stat().st_mode & _OTHERS)
    except OSError:
        return False


def is_open(address: str) -> bool:
    """Tell whether an address speaks unprotected, other than to this machine itself."""
    parts = urlsplit(address)
    if parts.scheme != "http":
        return False
    try:
        return not ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname != "localhost"


def note(findings: Findings, name: str, message: str) -> None:
    """Note a setting, by the name of its variable."""
    full_name = PREFIX + name.upper()
    findings.note(f"/{full_name}", f"{full_name} {message}.", "settings_invalid")
