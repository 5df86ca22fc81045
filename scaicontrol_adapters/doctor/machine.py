"""This machine: room on its disks, folders that can be written, keys that nobody else can read."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scaicontrol_adapters.doctor.finding import Finding, ok, warning, wrong
from scaicontrol_adapters.settings import ObjectStoreKind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scaicontrol_adapters.settings import Settings

_GIB = 1024**3
_LITTLE, _NONE = 1 * _GIB, _GIB // 10
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_DEVELOPMENT_KEY = "dev-issuer-key.json"


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """Look at what lies around."""
    yield ok("settings", f"Whole, for {settings.env.value}; Python {sys.version.split()[0]}.")
    for each in _settings(settings):
        yield each
    for each in await asyncio.to_thread(lambda: [*_folders(settings), *_keys(settings)]):
        yield each


def _settings(settings: Settings) -> Iterator[Finding]:
    """What is allowed, and rarely meant."""
    if settings.is_production and settings.public_url.startswith("http://"):
        yield warning(
            "settings.public_url",
            "Links in e-mails begin with http://.",
            "Set SCAICONTROL_PUBLIC_URL to its https:// address.",
        )
    if not settings.is_production and "localhost" not in settings.public_url and "127.0.0.1" not in settings.public_url:
        yield warning(
            "settings.env",
            "It is reached from outside and set to development.",
            "Set SCAICONTROL_ENV=production where customers depend on it.",
        )


def _folders(settings: Settings) -> Iterator[Finding]:
    wanted = {"SCAICONTROL_DATA_DIR": settings.data_dir}
    if settings.object_store is ObjectStoreKind.FOLDER:
        wanted["SCAICONTROL_OBJECTS_DIR"] = settings.objects_dir
    for name, folder in wanted.items():
        near = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
        if not os.access(near, os.W_OK | os.X_OK) or not near.is_dir():
            yield wrong("machine.folders", f"{folder} can't be written.", f"Let this user write there, or mend {name}.")
        else:
            yield _room(folder, near)
    if settings.data_dir.is_dir() and settings.data_dir.stat().st_mode & stat.S_IWOTH:
        yield wrong(
            "machine.folders", f"Anybody may write into {settings.data_dir}.", f"Run: chmod o-w {settings.data_dir}"
        )


def _room(folder: Path, near: Path) -> Finding:
    free = shutil.disk_usage(near).free
    says = f"{free / _GIB:.1f} GiB are free for {folder}."
    if free < _NONE:
        return wrong("machine.disk", says, "Make room, or move it to another disk.")
    return warning("machine.disk", says, "Make room soon.") if free < _LITTLE else ok("machine.disk", says)


def _keys(settings: Settings) -> Iterator[Finding]:
    """Files that hold a key or a token: for their owner alone."""
    files = (
        settings.data_dir / _DEVELOPMENT_KEY,
        settings.secrets_key_file,
        settings.scaivault_token_file,
        settings.scaivault_secret_id_file,
        Path(settings.remote_token_file) if settings.remote_token_file else None,
        Path(".env"),
    )
    for path in files:
        if path is not None and path.is_file() and path.stat().st_mode & _OTHERS:
            says, mend = f"Others than its owner may read {path}.", f"Run: chmod 600 {path}"
            yield wrong("machine.keys", says, mend) if settings.is_production else warning("machine.keys", says, mend)
