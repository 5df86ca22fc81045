"""An object store in a folder: the embedded default, and a plain tree that any backup understands."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from scaicontrol_core.documents.errors import ObjectConflict, ObjectNotFound, ObjectStoreUnavailable
from scaicontrol_core.documents.object_keys import require_object_key


def _resolved(path: str | Path) -> Path:
    return Path(path).resolve()


@frozen
class FolderObjects:
    """An ``ObjectStore`` of files under ``root``, which is made when first written to.

    A file appears complete or not at all, is on the disk when ``put`` returns, and is never
    overwritten. Content type and metadata are not kept: a file's name says what it is.
    """

    root: Path = field(converter=_resolved)

    async def put(
        self,
        key: str,
        content: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the content durably; see the port."""
        await asyncio.to_thread(self._write_once, key, content)

    async def get(self, key: str) -> bytes:
        """Return the content; see the port."""
        return await asyncio.to_thread(self._read, key)

    async def exists(self, key: str) -> bool:
        """Return whether something is kept under the key."""
        return await asyncio.to_thread(lambda: self._path(key).is_file())

    def _path(self, key: str) -> Path:
        path = self.root.joinpath(*require_object_key(key).split("/"))
        # The key itself can't climb out; a symbolic link somebody put into the tree could.
        if not path.resolve().is_relative_to(self.root):
            raise ObjectStoreUnavailable(f"The object {key!r} lies outside the store's folder.")
        return path

    def _read(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise ObjectNotFound.at(key) from None
        except OSError as wrong:
            raise ObjectStoreUnavailable(f"The object {key!r} can't be read: {wrong}") from wrong

    def _write_once(self, key: str, content: bytes) -> None:
        path = self._path(key)
        try:
            if write_once(path, content):
                return
            kept = path.read_bytes()
        except OSError as wrong:
            raise ObjectStoreUnavailable(f"The object {key!r} can't be written: {wrong}") from wrong
        if kept != content:
            raise ObjectConflict.at(key)


def write_once(path: Path, content: bytes) -> bool:
    """Write a file that is on the disk, whole, when this returns; False if there is one of that name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return not path.exists() and _create(path, content)


def _create(path: Path, content: bytes) -> bool:
    """Write a new file; False if somebody else made it first."""
    descriptor, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return _publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
        sync_folder(path.parent)


def _publish(temporary: Path, path: Path) -> bool:
    # A hard link, unlike a rename, fails if the name is taken: two writers can't both win.
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links (exFAT, some network mounts)
        if path.exists():
            return False
        temporary.rename(path)
    return True


def sync_folder(folder: Path) -> None:
    """Put the names of a folder's files on the disk."""
    # Without this a power cut may forget the name of a file whose content is on the disk.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
