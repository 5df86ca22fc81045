"""Bringing the assets that a document names to whoever renders it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from scaicontrol_core.documents.brand.asset import asset_key, assets_named
from scaicontrol_core.documents.brand.errors import AssetLost
from scaicontrol_core.documents.errors import ObjectNotFound
from scaicontrol_core.documents.ports import FontVersion

if TYPE_CHECKING:
    from scaicontrol_core.documents.ports import ObjectStore


async def load_assets(objects: ObjectStore, html: str, fonts: Iterable[FontVersion]) -> Mapping[str, bytes]:
    """Return the brand's assets in a document's HTML by sha256; ``fonts`` are the renderer's own.

    Raises ``AssetLost`` for one that is not there or was altered: a document without its logo
    would be another document.
    """
    found: dict[str, bytes] = {}
    for digest in sorted(assets_named(html) - {font.sha256 for font in fonts}):
        try:
            content = await objects.get(asset_key(digest))
        except ObjectNotFound:
            raise AssetLost.of(digest, "is not in the object store") from None
        if sha256(content).hexdigest() != digest:
            raise AssetLost.of(digest, "was altered in the object store")
        found[digest] = content
    return found
