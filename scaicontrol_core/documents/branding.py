"""A seller's look on its documents."""

from __future__ import annotations

import re

from attrs import frozen

DEFAULT_COLOR = "#1f4e5f"
INK = "#16202a"
_HEX_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
#: Above this luma (0 to 255, ITU-R BT.601) a colour is too light to be read as text on white.
_LIGHTEST_READABLE = 150


@frozen
class Branding:
    """The accent colour (``#rrggbb``), the colour for coloured text, and the logo if one is kept here."""

    color: str
    text_color: str
    logo_url: str | None


def branding_of(brand_color: str | None, logo_url: str | None) -> Branding:
    """Choose the look; a colour too light to read falls back to ink for text, a malformed one to ours.

    A logo is shown only from where the renderer may read (``asset:`` and ``data:``): nothing is
    fetched from a network while a document is made.
    """
    color = brand_color if brand_color and _HEX_COLOR.fullmatch(brand_color) else DEFAULT_COLOR
    usable = logo_url if logo_url and logo_url.startswith(("asset:", "data:image/")) else None
    return Branding(color, color if _luma(color) <= _LIGHTEST_READABLE else INK, usable)


def _luma(color: str) -> int:
    red, green, blue = (int(color[index : index + 2], 16) for index in (1, 3, 5))
    return (299 * red + 587 * green + 114 * blue) // 1000
