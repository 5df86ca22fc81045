"""Secrets in the environment: ``SCAI_SECRET__FOLDER__NAME``, read when asked for, never written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from scaicontrol_adapters.environment import read_environment
from scaicontrol_core.kernel.secrets import (
    Secret,
    SecretNotFound,
    SecretsReadOnly,
    below,
    require_secret_folder,
    require_secret_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from scaicontrol_core.kernel.secrets import Secrets

PREFIX = "SCAI_SECRET__"
_FOLDER = "__"
_NO_LETTER = re.compile(r"[^A-Z0-9/]")
_ONLY_VERSION = 1


def variable_of(path: str) -> str:
    """Return the variable of a path: in capitals, two underscores for ``/``, one for a dot or a dash."""
    return PREFIX + _NO_LETTER.sub("_", path.upper()).replace("/", _FOLDER)


@frozen
class EnvironmentSecrets:
    """A ``Secrets`` that can only be read: the environment and ``.env``, each value its first and only version.

    An empty variable counts as one that is not set. A list gives each path in small letters with
    underscores; ``get`` also takes it with dots, dashes or capitals.
    """

    environment: Callable[[], Mapping[str, str]] = field(default=read_environment, repr=False)

    async def get(self, path: str, version: int | None = None) -> Secret:
        """Return the value; see the port."""
        value = self.environment().get(variable_of(require_secret_path(path)), "")
        if not value or version not in {None, _ONLY_VERSION}:
            raise SecretNotFound.at(path, version)
        return Secret(path, value, _ONLY_VERSION)

    async def refresh(self, path: str) -> Secret:
        """Return the value; nothing is remembered here."""
        return await self.get(path)

    async def put(self, path: str, value: str, *, cas: int | None = None) -> int:
        """Raise ``SecretsReadOnly``."""
        raise _read_only(require_secret_path(path))

    async def delete(self, path: str) -> None:
        """Raise ``SecretsReadOnly``."""
        raise _read_only(require_secret_path(path))

    async def list(self, prefix: str = "") -> Sequence[str]:
        """Return the paths below a folder, sorted."""
        folder = require_secret_folder(prefix)
        given = self.environment()
        names = (name.removeprefix(PREFIX) for name, value in given.items() if name.startswith(PREFIX) and value)
        paths = (name.lower().replace(_FOLDER, "/") for name in names)
        return sorted(path for path in paths if variable_of(path) in given and below(folder, path))

    def holds(self, path: str) -> bool:
        """Tell whether the path has a variable with a value."""
        return bool(self.environment().get(variable_of(path)))


@define
class EnvironmentFirst:
    """A ``Secrets`` where the environment speaks before the store; only the store is written to."""

    store: Secrets
    environment: EnvironmentSecrets = field(factory=EnvironmentSecrets)

    async def get(self, path: str, version: int | None = None) -> Secret:
        """Return the environment's value if it has one, else the store's."""
        return await self._of(path).get(path, version)

    async def refresh(self, path: str) -> Secret:
        """Return the newest value; see the port."""
        return await self._of(path).refresh(path)

    async def put(self, path: str, value: str, *, cas: int | None = None) -> int:
        """Keep a new version in the store; ``SecretsReadOnly`` if the environment would hide it."""
        return await self._of(path).put(path, value, cas=cas)

    async def delete(self, path: str) -> None:
        """Delete from the store; ``SecretsReadOnly`` if the environment would go on giving it."""
        await self._of(path).delete(path)

    async def list(self, prefix: str = "") -> Sequence[str]:
        """Return the paths of both."""
        return sorted({*await self.environment.list(prefix), *await self.store.list(prefix)})

    def _of(self, path: str) -> Secrets:
        return self.environment if self.environment.holds(require_secret_path(path)) else self.store


def _read_only(path: str) -> SecretsReadOnly:
    name = variable_of(path)
    return SecretsReadOnly(
        f"The secret {path!r} comes from the environment.", hint=f"Change or unset the variable {name} instead."
    )
