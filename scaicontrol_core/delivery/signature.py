"""Signatures of webhooks as Standard Webhooks 1.0 has them: HMAC-SHA256 over id, time and body.

Pure functions of bytes, so that any library of that standard verifies what we send, and that
we can verify it as well.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from scaicontrol_core.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PREFIX = "whsec_"
#: Bytes of a key: the standard's bounds, and what ours have.
SHORTEST_KEY, LONGEST_KEY, KEY_BYTES = 24, 64, 32
#: How far a timestamp may lie from the receiver's clock, in seconds.
TOLERANCE_SECONDS = 300
_VERSION = "v1"


class SignatureWrong(Invalid):
    """The message was not signed with any of these secrets, or not now."""

    code = "webhook_signature_invalid"


def secret_of(key: bytes) -> str:
    """Write a key of 24 to 64 bytes as receivers are given it: ``whsec_`` and base64."""
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise ValueError(f"a key has {SHORTEST_KEY} to {LONGEST_KEY} bytes, not {len(key)}")
    return PREFIX + b64encode(key).decode()


def key_of(secret: str, pointer: str = "/secret") -> bytes:
    """Return the key of a secret; ``Invalid`` (``webhook_secret_invalid``), which never repeats it.

    Only real base64 passes: lenient decoders drop what they don't know, and sign with something else.
    """
    key = _key(secret.removeprefix(PREFIX)) if secret.startswith(PREFIX) else None
    if key is None:
        raise Invalid.field(
            pointer,
            f"A webhook's secret is {PREFIX} and the base64 of {SHORTEST_KEY} to {LONGEST_KEY} bytes.",
            code="webhook_secret_invalid",
        )
    return key


def _key(text: str) -> bytes | None:
    try:
        key = b64decode(text, validate=True)
    except ValueError:
        return None
    return key if SHORTEST_KEY <= len(key) <= LONGEST_KEY and b64encode(key).decode() == text else None


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Return one entry of ``webhook-signature``. ``timestamp``: Unix seconds of this attempt."""
    if "." in message_id:
        raise ValueError("an id with a dot in it could be read as an id and a time")
    signed = f"{message_id}.{timestamp}.".encode() + body
    return f"{_VERSION},{b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


def signatures(keys: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the whole header: one entry for each key that is valid now, divided by spaces."""
    return " ".join(signature(key, message_id, timestamp, body) for key in keys)


def verify(keys: Sequence[bytes], header: str, message_id: str, timestamp: int, body: bytes, *, now: int) -> None:
    """Raise ``SignatureWrong`` unless an entry of the header fits one of the keys, and the time is near ``now``.

    Compares in constant time; entries of versions we don't know are passed over.
    """
    if abs(now - timestamp) > TOLERANCE_SECONDS:
        raise SignatureWrong("The message's time lies too far from now.")
    expected = [signature(key, message_id, timestamp, body).encode() for key in keys]
    found = False
    for entry in header.split(" "):
        for each in expected:
            found |= hmac.compare_digest(entry.encode(), each)
    if not found:
        raise SignatureWrong("None of the signatures fits.")
