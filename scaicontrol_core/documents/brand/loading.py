"""Keeping assets by their digest, and bringing those that a document names to whoever renders it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from scaicontrol_core.documents.brand.asset import asset_keys
from scaicontrol_core.documents.errors import AssetLost, ObjectAltered, ObjectConflict, ObjectNotFound
from scaicontrol_core.documents.ports import FontVersion

if TYPE_CHECKING:
    from scaicontrol_core.documents.ports import ObjectStore

_DIGEST = re.compile(r"asset:([0-9a-f]{64})/")
_STYLE = "style"


def assets_named(html: str) -> frozenset[str]:
    """Return the sha256 of every asset that a document loads: in attributes and styles.

    What people wrote is text: a customer who is called ``asset:…`` loads nothing.
    """
    if not _DIGEST.search(html):
        return frozenset()
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return frozenset(reader.digests)


async def load_assets(objects: ObjectStore, html: str, fonts: Iterable[FontVersion]) -> Mapping[str, bytes]:
    """Return the brand's assets in a document's HTML by sha256; ``fonts`` are the renderer's own.

    Raises ``AssetLost`` for one that is not there or was altered: a document without its logo
    would be another document.
    """
    wanted = sorted(assets_named(html) - {font.sha256 for font in fonts})
    return {digest: await _kept(objects, digest) for digest in wanted}


async def keep_asset(objects: ObjectStore, content: bytes, content_type: str) -> None:
    """Store bytes under their digest, beside altered ones if need be; raises ``ObjectConflict`` if all places are."""
    *places, last = asset_keys(sha256(content).hexdigest())
    for key in places:
        try:
            await objects.put(key, content, content_type=content_type)
        except ObjectConflict:
            continue
        return
    await objects.put(last, content, content_type=content_type)


async def _kept(objects: ObjectStore, digest: str) -> bytes:
    lost = "is not in the object store"
    for key in asset_keys(digest):
        try:
            content = await objects.get(key)
        except ObjectNotFound:
            break
        except ObjectAltered:
            lost = "was altered in the object store"
            continue
        if sha256(content).hexdigest() == digest:
            return content
        lost = "was altered in the object store"
    raise AssetLost.of(digest, lost)


class _Reader(HTMLParser):
    """Collects the digests in attributes and style elements."""

    def __init__(self) -> None:
        super().__init__()
        self.digests: set[str] = set()
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == _STYLE
        for _, value in attrs:
            self.digests.update(_DIGEST.findall(value or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == _STYLE:
            self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.digests.update(_DIGEST.findall(data))
