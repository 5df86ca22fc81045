"""Reading uploaded logos and fonts: by what they are, never by what they are called."""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import TYPE_CHECKING

from scaicontrol_core.documents.brand.asset import MAX_FONT_BYTES, MAX_LOGO_BYTES, AssetType, CleanAsset
from scaicontrol_core.documents.brand.errors import AssetRejected

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

_PNG = b"\x89PNG\r\n\x1a\n"
_FONTS = {b"\x00\x01\x00\x00": AssetType.TTF, b"true": AssetType.TTF, b"OTTO": AssetType.OTF}
_MAX_PIXELS = 4_000
#: What every invoice writes, and a font must have to be set with.
_NEEDED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;-–+%()/&€äöüßéèñçåø"
#: OS/2 fsType: may not be embedded at all; may be embedded as bitmaps only.
_NO_EMBEDDING = 0x0002 | 0x0200
_FAMILY_NAMES = (16, 1)


class BrandAssetReader:
    """Recognises PNG, SVG, TTF and OTF (port ``AssetReader``).

    No WOFF: what is packed into 2 MiB can unpack to gigabytes before anybody knows.
    """

    async def read(self, content: bytes) -> CleanAsset:
        """Return it cleaned; raises ``AssetRejected``, saying why."""
        return await asyncio.to_thread(self._read, content)

    def _read(self, content: bytes) -> CleanAsset:
        if content[:4] in _FONTS:
            return _font(_within(content, MAX_FONT_BYTES), _FONTS[content[:4]])
        if content.startswith(_PNG):
            return _png(_within(content, MAX_LOGO_BYTES))
        if b"<svg" in content[:4096] or content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            return _svg(_within(content, MAX_LOGO_BYTES))
        raise AssetRejected.because(
            "The file is none of PNG, SVG, TTF and OTF.", hint="Logos are PNG or SVG, fonts TTF or OTF."
        )


def _within(content: bytes, limit: int) -> bytes:
    if len(content) > limit:
        raise AssetRejected.because(f"The file has {len(content)} bytes; at most {limit} are allowed.")
    return content


def _png(content: bytes) -> CleanAsset:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - only where used

    try:
        with Image.open(BytesIO(content), formats=("PNG",)) as image:
            width, height = image.size
            if max(width, height) > _MAX_PIXELS:  # asked before anything is unpacked
                raise AssetRejected.because(f"The image is {width} by {height} pixels; at most {_MAX_PIXELS} a side.")
            image.verify()  # each chunk's own checksum; WeasyPrint has Pillow load what is cut off
        with Image.open(BytesIO(content), formats=("PNG",)) as image:
            image.load()
    except Image.DecompressionBombError:
        raise AssetRejected.because(f"The image is far too large; at most {_MAX_PIXELS} pixels a side.") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as wrong:
        raise AssetRejected.because(f"The PNG is damaged: {wrong}") from None
    return CleanAsset(content=content, asset_type=AssetType.PNG, width=width, height=height)


def _svg(content: bytes) -> CleanAsset:
    from scaicontrol_adapters.pdf.svg import clean_svg  # noqa: PLC0415 - lxml only where used

    drawing, width, height, removed = clean_svg(content)
    return CleanAsset(content=drawing, asset_type=AssetType.SVG, width=width, height=height, removed=removed)


def _font(content: bytes, asset_type: AssetType) -> CleanAsset:
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - only where used

    try:
        with TTFont(BytesIO(content), lazy=True) as font:
            _require_usable(font)
            family = next((name for place in _FAMILY_NAMES if (name := font["name"].getDebugName(place))), None)
    except AssetRejected:
        raise
    except Exception as wrong:
        raise AssetRejected.because(f"The font is damaged: {type(wrong).__name__}: {wrong}") from wrong
    return CleanAsset(content=content, asset_type=asset_type, family=family and family[:255])


def _require_usable(font: TTFont) -> None:
    if "fvar" in font:
        raise AssetRejected.because("The font is variable.", hint="Upload one cut of it, as a static font.")
    if "OS/2" in font and font["OS/2"].fsType & _NO_EMBEDDING:
        raise AssetRejected.because("The font's licence bits forbid to embed it in documents.")
    known = font.getBestCmap() or {}
    missing = "".join(letter for letter in _NEEDED if ord(letter) not in known)
    if missing:
        raise AssetRejected.because(f"The font lacks letters that invoices need: {missing}")
