"""A seller's look on its documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from attrs import frozen

DEFAULT_COLOR = "#1f4e5f"
INK = "#16202a"
_HEX_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_FONT = re.compile(r"asset:[0-9a-f]{64}/[\w.-]{1,100}", re.ASCII)
#: Of text on white, and of white text on it (WCAG 2.2, 1.4.3).
_LEAST_CONTRAST = Decimal("4.5")


@frozen
class Branding:
    """The accent colour (``#rrggbb``), the colour for coloured text, and logo and fonts if they are kept here."""

    color: str
    text_color: str
    logo_url: str | None
    font_url: str | None = None
    font_bold_url: str | None = None


def branding_of(seller: Mapping[str, Any]) -> Branding:
    """Choose the look of a frozen seller's documents.

    A colour too light to read falls back to ink for text, a malformed one to ours. Logo and fonts
    are taken only from where the renderer may read (``asset:``, a logo also ``data:``): nothing is
    fetched from a network while a document is made.
    """
    wanted, logo = seller.get("brand_color"), seller.get("logo_url")
    color = wanted if wanted and _HEX_COLOR.fullmatch(wanted) else DEFAULT_COLOR
    return Branding(
        color=color,
        text_color=color if _contrast(color) >= _LEAST_CONTRAST else INK,
        logo_url=logo if logo and logo.startswith(("asset:", "data:image/")) else None,
        font_url=_font(seller.get("brand_font")),
        font_bold_url=_font(seller.get("brand_font_bold")),
    )


def _font(url: str | None) -> str | None:
    return url if url and _FONT.fullmatch(url) else None


def _contrast(color: str) -> Decimal:
    """Return the contrast with white, from 1 to 21, as WCAG 2.2 defines it."""
    red, green, blue = (_linear(int(color[index : index + 2], 16)) for index in (1, 3, 5))
    luminance = Decimal("0.2126") * red + Decimal("0.7152") * green + Decimal("0.0722") * blue
    return Decimal("1.05") / (luminance + Decimal("0.05"))


def _linear(level: int) -> Decimal:
    share = Decimal(level) / 255
    if share <= Decimal("0.04045"):
        return share / Decimal("12.92")
    return ((share + Decimal("0.055")) / Decimal("1.055")) ** Decimal("2.4")
