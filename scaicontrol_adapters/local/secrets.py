"""Secrets in one encrypted file: what an installation uses that has no server for them."""

from __future__ import annotations

import asyncio
import fcntl
import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, field

from scaicontrol_adapters.local.objects import sync_folder
from scaicontrol_adapters.local.sealed_file import Kept, Vessel
from scaicontrol_core.kernel.secrets import (
    Secret,
    SecretNotFound,
    SecretStale,
    SecretsUnavailable,
    below,
    require_secret_folder,
    require_secret_path,
    require_secret_value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_HALF_WRITTEN = ".secrets-"
_LOOK_AGAIN_SECONDS = 0.01


@define
class FileSecrets:
    """A ``Secrets`` in a file that is made, with its folder, when first written to.

    ``key`` is asked for when it is first needed. A reader sees the file before or after a change,
    never within; writers of several processes wait for each other, at most ``patience`` seconds.
    A change is on the disk when its method returns. The last ``most_versions`` of each secret
    are kept. Nothing is remembered: every answer is read from the file.
    """

    path: Path
    key: Callable[[], bytes] = field(repr=False)
    most_versions: int = 10
    patience: float = 10.0
    _vessel: Vessel | None = field(default=None, init=False, repr=False)

    async def get(self, path: str, version: int | None = None) -> Secret:
        """Return a version; see the port."""
        require_secret_path(path)
        return await asyncio.to_thread(self._get, path, version)

    async def refresh(self, path: str) -> Secret:
        """Return the newest version; nothing is remembered here."""
        return await self.get(path)

    async def put(self, path: str, value: str, *, cas: int | None = None) -> int:
        """Keep a new version; see the port."""
        require_secret_path(path)
        return await asyncio.to_thread(self._put, path, require_secret_value(value), cas)

    async def delete(self, path: str) -> None:
        """Delete a secret with all its versions."""
        require_secret_path(path)
        await asyncio.to_thread(self._delete, path)

    async def list(self, prefix: str = "") -> Sequence[str]:
        """Return the paths below a folder, sorted."""
        folder = require_secret_folder(prefix)
        content = await asyncio.to_thread(self._read)
        return sorted(path for path in content if below(folder, path))

    async def ping(self) -> None:
        """Read the file; raises what is wrong. For probes alone."""
        await asyncio.to_thread(self._read)

    def _get(self, path: str, version: int | None) -> Secret:
        kept = self._read().get(path, Kept())
        found = kept.newest if version is None else version
        if found not in kept.versions:
            raise SecretNotFound.at(path, version)
        return Secret(path, self._opened().decrypt(path, found, kept.versions[found]), found)

    def _put(self, path: str, value: str, cas: int | None) -> int:
        with self._alone():
            content = self._read()
            kept = content.setdefault(path, Kept())
            if cas is not None and cas != kept.newest:
                raise SecretStale.at(path, cas)
            kept.newest += 1
            kept.versions[kept.newest] = self._opened().encrypt(path, kept.newest, value)
            kept.versions = dict(sorted(kept.versions.items())[-self.most_versions :])
            self._write(content)
            return kept.newest

    def _delete(self, path: str) -> None:
        with self._alone():
            content = self._read()
            if content.pop(path, None) is not None:
                self._write(content)

    def _opened(self) -> Vessel:
        if self._vessel is None:
            self._vessel = Vessel(self.key())
        return self._vessel

    def _read(self) -> dict[str, Kept]:
        try:
            raw = self.path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as wrong:
            raise SecretsUnavailable(f"The file of secrets can't be read: {type(wrong).__name__}.") from None
        return self._opened().read(raw)

    def _write(self, content: dict[str, Kept]) -> None:
        """Replace the file as a whole: under its own name stands the old one, or the new one."""
        sealed = self._opened().written(content)
        try:
            descriptor, name = tempfile.mkstemp(prefix=_HALF_WRITTEN, dir=self.path.parent)  # for its owner alone
            with os.fdopen(descriptor, "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
            sync_folder(self.path.parent)
        except OSError as wrong:
            raise SecretsUnavailable(f"The file of secrets can't be written: {type(wrong).__name__}.") from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock of the file, which goes with its holder; clear away what one that died has left."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as wrong:
            raise SecretsUnavailable(f"The folder of secrets can't be written: {type(wrong).__name__}.") from None
        try:
            self._wait_for(descriptor)
            for left in self.path.parent.glob(f"{_HALF_WRITTEN}*"):
                left.unlink(missing_ok=True)
            yield
        finally:
            os.close(descriptor)

    def _wait_for(self, descriptor: int) -> None:
        deadline = time.monotonic() + self.patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise SecretsUnavailable("Another process holds the file of secrets.") from None
                time.sleep(_LOOK_AGAIN_SECONDS)
            else:
                return
