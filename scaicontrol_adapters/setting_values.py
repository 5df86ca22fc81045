"""How the text of a setting becomes its value; each raises ``ValueError`` saying what the text is instead."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from enum import StrEnum
from ipaddress import ip_network
from urllib.parse import unquote

from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.party import require_email
from scaicontrol_core.kernel.secrets import require_secret_path

#: The word for a server that is not to be asked.
NONE = "none"
#: Bytes of a key of AES-256.
KEY_BYTES = 32


def text(raw: str) -> str:
    """Take any text."""
    return raw


def yes_or_no(raw: str) -> bool:
    """Read a yes or a no."""
    answers = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if raw.lower() not in answers:
        raise ValueError("neither true nor false")
    return answers[raw.lower()]


def number(least: int, most: int) -> Callable[[str], int]:
    """Return what reads a whole number within bounds."""

    def parse(raw: str) -> int:
        if not raw.isascii() or not raw.isdigit() or not least <= int(raw) <= most:
            raise ValueError(f"not a whole number from {least} to {most}")
        return int(raw)

    return parse


def ratio(raw: str) -> float:
    """Read a share of a whole."""
    if not re.fullmatch(r"0(\.\d{1,6})?|1(\.0{1,6})?", raw):
        raise ValueError("not a number from 0 to 1")
    return float(raw)


def headers(raw: str) -> str:
    """Read headers."""
    header_pairs(raw)
    return raw


def header_pairs(raw: str) -> dict[str, str]:
    """Return headers by name; the text is written as OpenTelemetry writes it: ``name=value,name=value``, encoded."""
    pairs: dict[str, str] = {}
    for part in filter(None, (each.strip() for each in raw.split(","))):
        name, equals, value = part.partition("=")
        value = unquote(value.strip())
        if not equals or not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name.strip()) or not _fits_header(value):
            raise ValueError("not a list of headers: name=value, separated by commas")
        pairs[name.strip()] = value
    return pairs


def _fits_header(value: str) -> bool:
    return value.isascii() and value.isprintable()


def choice(kind: type[StrEnum]) -> Callable[[str], StrEnum]:
    """Return what reads one of the enum's words."""

    def parse(raw: str) -> StrEnum:
        try:
            return kind(raw.lower())
        except ValueError:
            raise ValueError(f"not one of {', '.join(kind)}") from None

    return parse


def address(raw: str) -> str:
    """Read the address of a server."""
    if not raw.startswith(("http://", "https://")):
        raise ValueError("not an address that begins with http:// or https://")
    return raw.rstrip("/")


def address_or_none(raw: str) -> str:
    """Read the address of a server, or the word that stands for none."""
    return NONE if raw.lower() == NONE else address(raw)


def unless_none(given: str, usual: str) -> str:
    """Return what was given, or else what is usual; nothing for the word that stands for none."""
    return "" if given == NONE else given or usual


def origins(raw: str) -> tuple[str, ...]:
    """Read addresses separated by commas."""
    return tuple(address(each.strip()) for each in raw.split(",") if each.strip())


def networks(raw: str) -> tuple[str, ...]:
    """Read addresses and networks separated by commas."""
    found = [each.strip() for each in raw.split(",") if each.strip()]
    try:
        return tuple(str(ip_network(each)) for each in found)
    except ValueError:
        raise ValueError("not a list of addresses like 10.0.0.7 and networks like 10.0.0.0/8") from None


def database(raw: str) -> str:
    """Read the address of a database."""
    if not raw.startswith(("sqlite+aiosqlite:///", "mysql+aiomysql://", "mariadb+aiomysql://")):
        raise ValueError("not an address that begins with mysql+aiomysql:// or sqlite+aiosqlite:///")
    return raw


def redis(raw: str) -> str:
    """Read the address of a Redis."""
    if not raw.startswith(("redis://", "rediss://")):
        raise ValueError("not an address that begins with redis:// or rediss://")
    return raw


def mailbox(raw: str) -> str:
    """Read an e-mail address."""
    try:
        return require_email(raw, "")
    except Invalid:
        raise ValueError("not an e-mail address") from None


def webhook_secret(raw: str) -> str:
    """Read a secret of the Standard Webhooks specification: ``whsec_`` and base64 of 24 to 64 bytes."""
    encoded = raw.removeprefix("whsec_")
    if encoded == raw or not re.fullmatch(r"(?:[A-Za-z0-9+/]{4}){8,21}(?:[A-Za-z0-9+/]{2,3}=*)?", encoded):
        raise ValueError("not whsec_ followed by base64 of 24 to 64 bytes")
    return raw


def secret_path(raw: str) -> str:
    """Read the path of a secret, or of a folder of them."""
    try:
        return require_secret_path(raw.strip("/"))
    except Invalid:
        raise ValueError("not folders and a name, divided by /") from None


def secret_key(raw: str) -> str:
    """Read the key of an encrypted file: base64 of 32 bytes."""
    try:
        key = base64.b64decode(raw, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"not base64 of {KEY_BYTES} bytes")
    return raw


def import_name(raw: str) -> str:
    """Read ``package.module:name``."""
    module, _, name = raw.partition(":")
    if not name.isidentifier() or not all(part.isidentifier() for part in module.split(".")):
        raise ValueError("not an import name like package.module:function")
    return raw
