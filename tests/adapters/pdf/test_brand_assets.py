"""Uploads are judged by their bytes: damaged, disguised, oversized or unlicensed files are refused with a reason."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from scaicontrol_adapters.pdf.brand_assets import BrandAssetReader
from scaicontrol_adapters.pdf.fonts import font_files
from scaicontrol_core.documents.brand.asset import MAX_LOGO_BYTES, AssetType
from scaicontrol_core.documents.brand.errors import AssetRejected

READER = BrandAssetReader()


def png(width: int = 40, height: int = 10) -> bytes:
    """A plain image."""
    made = BytesIO()
    Image.new("RGBA", (width, height), "#b4235a").save(made, "PNG")
    return made.getvalue()


def font(change: str = "") -> bytes:
    """Our own font, changed."""
    made = BytesIO()
    with TTFont(BytesIO(font_files()[0].content)) as opened:
        if change == "restricted":
            opened["OS/2"].fsType = 2
        elif change == "no digits":
            for table in opened["cmap"].tables:
                for code in range(ord("0"), ord("9") + 1):
                    table.cmap.pop(code, None)
        elif change == "woff2":
            opened.flavor = "woff2"
        opened.save(made)
    return made.getvalue()


def bomb() -> bytes:
    """A PNG of few bytes that says it is 60,000 by 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b""))
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


async def test_an_image_is_kept_to_the_byte() -> None:
    read = await READER.read(png())
    assert (read.content, read.asset_type, read.width, read.height) == (png(), AssetType.PNG, 40, 10)


async def test_a_font_says_its_name() -> None:
    read = await READER.read(font())
    assert read.asset_type is AssetType.TTF
    assert read.family == "Source Sans Pro"


async def test_a_drawing_is_cleaned() -> None:
    read = await READER.read(
        b'\xef\xbb\xbf <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 1"><script/><rect/></svg>'
    )
    assert read.asset_type is AssetType.SVG
    assert read.removed == ("<script> on line 1",)
    assert b"script" not in read.content


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"GIF89a", "none of PNG"),
        (b"", "none of PNG"),
        (b"%PDF-1.7", "none of PNG"),
        (b"<html><script>", "can't be read"),
        (png()[:45], "damaged"),
        (bomb(), "far too large"),
        (png(4_001, 1), "4001 by 1 pixels"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * MAX_LOGO_BYTES, "at most 262144"),
        (b"\x00\x01\x00\x00garbage", "damaged"),
        (font("woff2"), "none of PNG"),
        (font("restricted"), "forbid to embed"),
        (font("no digits"), "lacks letters that invoices need: 0123456789"),
    ],
)
async def test_what_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(AssetRejected, match=reason) as refused:
        await READER.read(content)
    assert refused.value.fields[0].pointer == "/content"
