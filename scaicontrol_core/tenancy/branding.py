"""What a partner's documents are branded with: a colour, a logo, a font; and that the assets are its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from scaicontrol_core.kernel.checks import Findings, json_object, maybe, worded
from scaicontrol_core.tenancy.fields import require_url

if TYPE_CHECKING:
    from scaicontrol_core.kernel.ids import PartnerId
    from scaicontrol_core.tenancy.ports import OwnAssets
    from scaicontrol_core.tenancy.seller import PartnerConfiguration


class AssetKind(StrEnum):
    """What an asset is for."""

    LOGO = "logo"
    FONT = "font"


_ASSET = re.compile(r"asset:([0-9a-f]{64})/[\w.-]{1,100}", re.ASCII)
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
#: Keys of ``branding`` that name fonts.
FONTS = ("font", "font_bold")
_LOGO = "/invoice_logo_url"


def require_logo_url(value: str, pointer: str) -> str:
    """Return the address of an uploaded logo (``asset:``) or an http(s) one; ``Invalid`` (``url_invalid``).

    Documents show uploaded ones only: nothing is fetched from a network while they are made.
    """
    return value if _is_asset(value) else require_url(value, pointer)


maybe_logo_url = maybe(worded(require_logo_url))


def check_branding(value: object, pointer: str) -> dict[str, Any]:
    """Return a partner's branding: ``color`` (#rrggbb), ``font``, ``font_bold`` (assets); other keys are its own.

    Raises ``Invalid`` (``color_invalid``, ``asset_url_invalid``).
    """
    branding: dict[str, Any] = json_object(value, pointer)
    findings = Findings()
    color = branding.get("color")
    if color is not None and not (isinstance(color, str) and _COLOR.fullmatch(color)):
        findings.note(f"{pointer}/color", f"{color!r} is not a colour like #1f4e5f.", "color_invalid")
    for name in FONTS:
        if branding.get(name) is not None and not _is_asset(branding[name]):
            findings.note(f"{pointer}/{name}", "This must be the address of an uploaded font.", "asset_url_invalid")
    findings.raise_if_any()
    return branding


def assets_of(configuration: PartnerConfiguration) -> Mapping[str, str]:
    """Return the sha256 of the assets that a configuration names, by the pointer of their field."""
    named = {_LOGO: configuration.invoice_logo_url} | {
        f"/branding/{name}": configuration.branding.get(name) for name in FONTS
    }
    found = {pointer: _ASSET.fullmatch(url) for pointer, url in named.items() if isinstance(url, str)}
    return {pointer: match[1] for pointer, match in found.items() if match}


async def require_own_assets(
    assets: OwnAssets, partner_id: PartnerId, wanted: PartnerConfiguration, present: PartnerConfiguration | None = None
) -> None:
    """Refuse assets that the partner never uploaded; what is named already may stay.

    Raises ``Invalid`` (``asset_unknown``) at each field.
    """
    known = assets_of(present) if present else {}
    findings = Findings()
    for pointer, digest in assets_of(wanted).items():
        kind = AssetKind.LOGO if pointer == _LOGO else AssetKind.FONT
        if digest != known.get(pointer) and not await assets.has(partner_id, digest, kind):
            findings.note(pointer, f"This partner uploaded no such {kind.value}; upload it first.", "asset_unknown")
    findings.raise_if_any()


def _is_asset(value: object) -> bool:
    return isinstance(value, str) and _ASSET.fullmatch(value) is not None
