"""A store of secrets in memory, held to the same contract as the real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from scaicontrol_core.kernel.secrets import (
    Secret,
    SecretNotFound,
    SecretStale,
    below,
    require_secret_folder,
    require_secret_path,
    require_secret_value,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence


@define
class MemorySecrets:
    """A ``Secrets`` that forgets everything with the process; it keeps the last ``most_versions`` of each.

    ``before`` runs ahead of each call with its path: to fail, or to count. ``contents`` has the
    values by path and version; it is open to tests, and in no ``repr``.
    """

    most_versions: int = 10
    before: Callable[[str], Awaitable[None]] | None = None
    contents: dict[str, dict[int, str]] = field(factory=dict, repr=False)

    async def get(self, path: str, version: int | None = None) -> Secret:
        """Return a version; see the port."""
        await self._begin(require_secret_path(path))
        kept = self.contents.get(path, {})
        found = max(kept, default=0) if version is None else version
        if found not in kept:
            raise SecretNotFound.at(path, version)
        return Secret(path, kept[found], found)

    async def refresh(self, path: str) -> Secret:
        """Return the newest version; nothing is remembered here."""
        return await self.get(path)

    async def put(self, path: str, value: str, *, cas: int | None = None) -> int:
        """Keep a new version; see the port."""
        await self._begin(require_secret_path(path))
        require_secret_value(value)
        kept = self.contents.get(path, {})
        newest = max(kept, default=0)
        if cas is not None and cas != newest:
            raise SecretStale.at(path, cas)
        self.contents[path] = dict(list({**kept, newest + 1: value}.items())[-self.most_versions :])
        return newest + 1

    async def delete(self, path: str) -> None:
        """Delete a secret with all its versions."""
        await self._begin(require_secret_path(path))
        self.contents.pop(path, None)

    async def list(self, prefix: str = "") -> Sequence[str]:
        """Return the paths below a folder, sorted."""
        folder = require_secret_folder(prefix)
        await self._begin(folder)
        return sorted(path for path in self.contents if below(folder, path))

    async def _begin(self, path: str) -> None:
        if self.before is not None:
            await self.before(path)
