"""Verify a webhook: ``verify(secret, headers, body)``, with the raw bytes of the body and headers in small letters."""

import base64
import hashlib
import hmac
import time


def verify(secret: str, headers: dict[str, str], body: bytes, tolerance_seconds: int = 300) -> bool:
    """Tell whether the body is ours, unchanged and fresh; during a rotation there is a signature for each secret."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    fresh = abs(time.time() - int(headers["webhook-timestamp"])) <= tolerance_seconds
    return fresh and any(hmac.compare_digest(expected, each) for each in headers["webhook-signature"].split())
