"""One file of encrypted versions: what it looks like, and that nobody without its key can change it unseen.

Each value is encrypted by itself (AES-256-GCM, a random nonce of 96 bits), bound to its path and
version, so that no two can be exchanged. A seal over everything tells whether entries were
added, taken away or set back one by one. Whoever puts back an old copy of the whole file is not
found out: that is what a restored backup looks like.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import Any

from attrs import define, field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from scaicontrol_core.kernel.secrets import SecretsDamaged

FORMAT = "scaicontrol-secrets/1"
_NONCE_BYTES = 12
_SEAL = b"scaicontrol-secrets seal\n"


@define
class Kept:
    """One secret: the number of its newest version, and the versions still there, encrypted, in base64."""

    newest: int = 0
    versions: dict[int, str] = field(factory=dict, repr=False)


@frozen
class Vessel:
    """Reads and writes the content of the file with one key."""

    key: bytes = field(repr=False)

    def encrypt(self, path: str, version: int, value: str) -> str:
        """Encrypt a value for one place."""
        return self._closed(value.encode(), _place(path, version))

    def decrypt(self, path: str, version: int, closed: str) -> str:
        """Decrypt a value; ``SecretsDamaged`` if it was made for another place or with another key."""
        try:
            return self._opened(closed, _place(path, version)).decode()
        except (InvalidTag, ValueError):
            raise SecretsDamaged(f"Version {version} of the secret {path!r} was changed.") from None

    def written(self, content: dict[str, Kept]) -> bytes:
        """Return the file's bytes."""
        body = {
            path: [kept.newest, {str(n): kept.versions[n] for n in kept.versions}] for path, kept in content.items()
        }
        seal = self._closed(b"", _SEAL + _canonical(body))
        file = {"format": FORMAT, "key": self._key_id(), "secrets": body, "seal": seal}
        return json.dumps(file, indent=1, sort_keys=True).encode() + b"\n"

    def read(self, raw: bytes) -> dict[str, Kept]:
        """Return the content; ``SecretsDamaged`` for anything this key has not written."""
        file = _parsed(raw)
        if file.get("format") != FORMAT:
            raise SecretsDamaged("The file of secrets is none of this version's.")
        if file.get("key") != self._key_id():
            raise SecretsDamaged(
                "The file of secrets was encrypted with another key.", hint="Give the key that it was made with."
            )
        try:
            self._opened(file["seal"], _SEAL + _canonical(file["secrets"]))
            return {
                path: Kept(newest, {int(number): closed for number, closed in versions.items()})
                for path, (newest, versions) in file["secrets"].items()
            }
        except (InvalidTag, ValueError, TypeError, KeyError, AttributeError):
            raise SecretsDamaged("The file of secrets was changed by somebody who has not its key.") from None

    def _key_id(self) -> str:
        return hashlib.sha256(b"scaicontrol-secrets key\n" + self.key).hexdigest()[:16]

    def _closed(self, plain: bytes, place: bytes) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        return base64.b64encode(nonce + AESGCM(self.key).encrypt(nonce, plain, place)).decode()

    def _opened(self, closed: str, place: bytes) -> bytes:
        raw = base64.b64decode(closed, validate=True)
        return AESGCM(self.key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place)


def _place(path: str, version: int) -> bytes:
    # No path holds a line break: two places never read the same.
    return f"{path}\n{version}".encode()


def _canonical(body: Any) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        file = json.loads(raw)
    except (ValueError, RecursionError):
        file = None
    if not isinstance(file, dict):
        raise SecretsDamaged("The file of secrets can't be read.")
    return file
