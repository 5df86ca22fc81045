"""Who sent a webhook: the signature of the Standard Webhooks specification."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING

from scaicontrol_core.kernel.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

TOLERANCE_SECONDS = 300
_PREFIX = "whsec_"
_VERSION = "v1"
_MIN_SECRET, _MAX_SECRET = 24, 64
_MAX_STAMP = 12


class SignatureInvalid(Unauthenticated):
    """The webhook is not signed by whom we gave the secret to, or too old."""

    code = "signature_invalid"


def secret_bytes(secret: str) -> bytes:
    """Return the key of ``whsec_<base64 of 24 to 64 bytes>``; raises ``ValueError`` for anything else."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not whsec_ followed by base64") from None
    if not secret.startswith(_PREFIX) or not _MIN_SECRET <= len(key) <= _MAX_SECRET:
        raise ValueError(f"not whsec_ followed by base64 of {_MIN_SECRET} to {_MAX_SECRET} bytes")
    return key


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a webhook."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    digest = hmac.new(secret_bytes(secret), signed, hashlib.sha256).digest()
    return f"{_VERSION},{base64.b64encode(digest).decode()}"


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Return the webhook's id if one of its signatures is right and it is recent; ``SignatureInvalid``."""
    webhook_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not webhook_id or not webhook_id.isascii() or len(webhook_id) > 100:  # noqa: PLR2004 - fits our column
        raise SignatureInvalid("The webhook has no id.")
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > _MAX_STAMP:
        raise SignatureInvalid("The webhook has no time.")
    if abs(int(now.timestamp()) - int(stamp)) > TOLERANCE_SECONDS:
        raise SignatureInvalid("The webhook is too old, or from the future.")
    expected = sign(secret, webhook_id, int(stamp), body).encode()
    given = headers.get("webhook-signature", "").split()
    if not any(hmac.compare_digest(expected, each.encode()) for each in given):
        raise SignatureInvalid("The webhook's signature is wrong.")
    return webhook_id
