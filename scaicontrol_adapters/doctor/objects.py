"""The object store: a probe is kept, read back, and taken away again."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import aiohttp
from botocore.exceptions import BotoCoreError, ClientError

from scaicontrol_adapters.container import object_store
from scaicontrol_adapters.doctor.finding import Finding, ok, warning, wrong
from scaicontrol_adapters.local.objects import FolderObjects
from scaicontrol_adapters.s3.objects import S3Objects
from scaicontrol_adapters.secret_store import secret_store
from scaicontrol_core.kernel.errors import ScaiControlError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scaicontrol_adapters.settings import Settings
    from scaicontrol_core.documents.ports import ObjectStore

_KEY, _CONTENT = "probe/doctor", b"The doctor was here.\n"
_CODES = {
    "NoSuchBucket": ("There is no such bucket.", "Make it, or mend SCAICONTROL_S3_BUCKET."),
    "InvalidAccessKeyId": ("The access key is unknown.", "Mend SCAICONTROL_S3_ACCESS_KEY."),
    "SignatureDoesNotMatch": ("The secret key is wrong.", "Mend SCAICONTROL_S3_SECRET_KEY."),
    "AccessDenied": ("Our key may not read and write there.", "Allow it s3:GetObject and s3:PutObject on the bucket."),
    "403": ("Our key may not read there.", "Mend the keys, or allow it s3:GetObject on the bucket."),
    "404": ("There is no such bucket.", "Make it, or mend SCAICONTROL_S3_BUCKET."),
}


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """Look at the store of the settings."""
    store = object_store(settings, secret_store(settings))
    try:
        await store.put(_KEY, _CONTENT, content_type="text/plain")
        if await store.get(_KEY) != _CONTENT:
            yield wrong("objects", "It gives back something else than it took.", "Look for a cache in between.")
            return
        yield ok("objects", f"{settings.object_store.value.capitalize()}: takes a probe and gives it back.")
        yield await _removed(store)
    except ScaiControlError as error:
        yield _refused(error, settings)
    finally:
        if isinstance(store, S3Objects):
            await store.close()


def _refused(error: ScaiControlError, settings: Settings) -> Finding:
    cause = error.__cause__
    if isinstance(cause, ClientError):
        code = str(cause.response.get("Error", {}).get("Code", ""))
        says, mend = _CODES.get(code, (f"It refuses a probe ({code}).", "Look into its log."))
        return wrong("objects", says, mend)
    if isinstance(cause, BotoCoreError | aiohttp.ClientError | TimeoutError):
        return wrong("objects", "Nobody answers at its address.", "Mend SCAICONTROL_S3_ENDPOINT_URL, or start it.")
    return wrong(
        "objects",
        f"A probe can't be written into {settings.objects_dir}: {type(cause or error).__name__}.",
        f"Let this user write there: chown it, or mend SCAICONTROL_OBJECTS_DIR (user id {os.getuid()}).",
    )


async def _removed(store: ObjectStore) -> Finding:
    """Take the probe away; the product itself never deletes, so a store may well refuse."""
    try:
        if isinstance(store, FolderObjects):
            await asyncio.to_thread((store.root / _KEY).unlink, missing_ok=True)
        elif isinstance(store, S3Objects):
            await store.discard(_KEY)
    except (ScaiControlError, OSError):
        return warning("objects.probe", f"The probe {_KEY} stays: it may not be deleted.", "Nothing: one small object.")
    return ok("objects.probe", "The probe is gone again.")
