"""The key that a file of secrets is encrypted with: given, or kept in a file that its owner alone may read."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

import structlog

from scaicontrol_adapters.local.objects import write_once
from scaicontrol_adapters.setting_secret_checks import is_exposed
from scaicontrol_adapters.setting_values import KEY_BYTES, secret_key
from scaicontrol_core.kernel.secrets import SecretsDamaged, SecretsUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = structlog.get_logger(__name__)


class SecretKeyExposed(SecretsUnavailable):
    """Others than its owner may read the key: whatever it protects is as good as open."""

    code = "secrets_key_exposed"


def key_file(path: Path, *, strict: bool, may_make: Callable[[], bool]) -> bytes:
    """Return the key of a file; a new one if there is none and ``may_make`` agrees: nothing needs the old one.

    A file that others may read raises ``SecretKeyExposed`` if ``strict``, else it is warned of.
    """
    try:
        if not path.exists() and may_make():
            # Two processes at once: one of them writes it, both read what stands there then.
            write_once(path, base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise SecretsDamaged(
            f"The key of the secrets is gone: there is no {path}.", hint="Restore the file from a backup of its own."
        ) from None
    except (OSError, UnicodeDecodeError) as wrong:
        raise SecretsUnavailable(f"The key of the secrets can't be read: {type(wrong).__name__}.") from None
    if is_exposed(path):
        if strict:
            raise SecretKeyExposed(f"Others may read the key of the secrets, {path}.", hint=f"Run: chmod 600 {path}")
        log.warning("secrets_key_exposed", file=str(path), mend=f"chmod 600 {path}")
    try:
        return base64.b64decode(secret_key(text.strip()))
    except ValueError as wrong:
        raise SecretsDamaged(f"The key of the secrets, {path}, is {wrong}.") from None
