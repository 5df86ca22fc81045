"""Secrets: passwords, tokens and keys under paths, in versions, kept where nobody reads them by accident.

A setting names the path; whoever needs the value asks for it when it needs it. A value never
stands in an error, a log line, an event or a ``repr``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from scaicontrol_core.kernel.errors import Invalid, NotFound, Refused, Stale, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Most characters of a path, and most bytes of a value (certificates with their chains fit).
MOST_PATH = 255
MOST_VALUE_BYTES = 64 * 1024
#: Most paths that one list returns; there are some secrets for each provider, not for each customer's invoice.
MOST_LISTED = 10_000

_SEGMENT = r"(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._-]+"
_PATH = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")


@frozen
class Secret:
    """One version of a secret. Its value is left out of every ``repr``; versions count from 1."""

    path: str
    value: str = field(repr=False)
    version: int


class Secrets(Protocol):
    """A store of secrets; see ``scaicontrol_core.testing.secrets`` for one in memory.

    Every method raises ``Invalid`` (``secret_path_invalid``) for a path that is none,
    ``SecretsUnavailable`` while the store does not answer, ``SecretsDenied`` when it does not let us,
    and ``SecretsDamaged`` when what it keeps can't be read.
    """

    async def get(self, path: str, version: int | None = None) -> Secret:
        """Return the newest version, or the one asked for; raises ``SecretNotFound``.

        What a store remembers of an answer, and for how long, it says itself.
        """
        ...

    async def refresh(self, path: str) -> Secret:
        """Return the newest version from where it is kept, past anything remembered; raises ``SecretNotFound``.

        For whoever was refused with the value it had.
        """
        ...

    async def put(self, path: str, value: str, *, cas: int | None = None) -> int:
        """Keep a new version and return its number; it is durable then.

        With ``cas`` only if that is the newest version by now (0: only if there is none), else
        ``SecretStale``. Raises ``SecretsReadOnly`` where nothing can be written.
        """
        ...

    async def delete(self, path: str) -> None:
        """Delete a secret with all its versions; one that is not there does no harm."""
        ...

    async def list(self, prefix: str = "") -> Sequence[str]:
        """Return the paths of all secrets below a folder (all folders: ``""``), sorted; never a value."""
        ...


class SecretNotFound(NotFound):
    """Nothing is kept under this path, or not this version of it."""

    code = "secret_not_found"

    @classmethod
    def at(cls, path: str, version: int | None = None) -> SecretNotFound:
        """Name the path, and the version if one was asked for."""
        which = "secret" if version is None else f"version {version} of a secret"
        return cls(
            f"There is no {which} under the path {path!r}.",
            hint=f"Keep one with scaicontrol admin secrets set {path}, or correct the path in the settings.",
        )


class SecretStale(Stale):
    """Somebody else kept a newer version of the secret meanwhile."""

    code = "secret_stale"

    @classmethod
    def at(cls, path: str, expected: int) -> SecretStale:
        """Name the path and the version that is no longer the newest."""
        return cls(f"The newest version of the secret {path!r} is not {expected}.", hint="Look at it and decide anew.")


class SecretsReadOnly(Refused):
    """Secrets can't be written where they are kept."""

    code = "secrets_read_only"


class SecretsUnavailable(Unavailable):
    """The store of secrets does not answer, or answers nonsense; trying later may work."""

    code = "secrets_unavailable"


class SecretsDenied(SecretsUnavailable):
    """The store of secrets does not let this installation do that.

    The fault lies with the installation's own token, so that no caller is told that it lacks a right.
    """

    code = "secrets_denied"


class SecretsDamaged(SecretsUnavailable):
    """What is kept was changed by somebody who has not the key, or the key is another one."""

    code = "secrets_damaged"


def require_secret_path(path: str) -> str:
    """Return the path; ``Invalid`` (``secret_path_invalid``) unless it is folders and a name, divided by ``/``."""
    if len(path) > MOST_PATH or not _PATH.fullmatch(path):
        raise Invalid.field(
            "/path",
            "A secret's path is made of letters, digits, dots, dashes and underscores in folders divided by /.",
            code="secret_path_invalid",
        )
    return path


def require_secret_folder(prefix: str) -> str:
    """Return a folder without the ``/`` at its end; ``""`` stands for all folders."""
    return require_secret_path(prefix.removesuffix("/")) if prefix else ""


def require_secret_value(value: str) -> str:
    """Return the value; ``Invalid`` (``secret_value_invalid``), which never repeats it.

    Wrong are nothing at all, too much, a NUL, and half of a character.
    """
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        size = 0
    if not 0 < size <= MOST_VALUE_BYTES or "\0" in value:
        raise Invalid.field(
            "/value",
            f"A secret's value is text of 1 to {MOST_VALUE_BYTES} bytes.",
            code="secret_value_invalid",
        )
    return value


def below(prefix: str, path: str) -> bool:
    """Tell whether a path lies in a folder."""
    return not prefix or path.startswith(f"{prefix}/")
