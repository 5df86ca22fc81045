"""A logo or a font of a partner, and how a document names it."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import NewType

from attrs import define, field, frozen

from scaicontrol_core.documents.brand.events import BrandAssetDeleted, BrandAssetUploaded
from scaicontrol_core.kernel import checks
from scaicontrol_core.kernel.errors import Invalid
from scaicontrol_core.kernel.events import Event, Recorder
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.tenancy.branding import AssetKind

AssetId = NewType("AssetId", str)

#: Bytes as they are uploaded.
MAX_LOGO_BYTES = 256 * 1024
MAX_FONT_BYTES = 2 * 1024 * 1024
_COPIES = 4


class AssetType(StrEnum):
    """What an asset is, as media types name it."""

    PNG = "image/png"
    SVG = "image/svg+xml"
    TTF = "font/ttf"
    OTF = "font/otf"

    @property
    def kind(self) -> AssetKind:
        """What it is for."""
        return AssetKind.LOGO if self.value.startswith("image/") else AssetKind.FONT

    @property
    def ending(self) -> str:
        """How a file of it ends."""
        return self.name.lower()


@frozen(kw_only=True)
class CleanAsset:
    """An upload that was read, judged and cleaned: what is kept.

    ``width`` and ``height`` are a logo's in pixels, ``family`` is a font's own name, ``removed``
    names what was taken out of an SVG.
    """

    content: bytes = field(repr=False)
    asset_type: AssetType
    width: int | None = None
    height: int | None = None
    family: str | None = None
    removed: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """The digest of the bytes, in hex."""
        return sha256(self.content).hexdigest()


@define(kw_only=True, eq=False)
class BrandAsset(Recorder):
    """A partner's asset. ``name`` is that of the file it came from; ``size`` counts bytes.

    A deleted one is no longer offered; its bytes stay, for documents that were made with it.
    """

    id: AssetId
    partner_id: PartnerId
    name: str
    asset_type: AssetType
    sha256: str
    size: int
    width: int | None
    height: int | None
    family: str | None
    created_at: datetime
    deleted_at: datetime | None = None
    version: int = 0
    _events: list[Event] = field(factory=list, init=False, repr=False)

    @classmethod
    def upload(cls, asset_id: AssetId, partner_id: PartnerId, name: str, clean: CleanAsset, at: datetime) -> BrandAsset:
        """Take it over; raises ``Invalid`` for a name that is empty or too long."""
        asset = cls(
            id=asset_id,
            partner_id=partner_id,
            name=checked_name(name),
            asset_type=clean.asset_type,
            sha256=clean.sha256,
            size=len(clean.content),
            width=clean.width,
            height=clean.height,
            family=clean.family,
            created_at=at,
        )
        asset._record(asset._event(BrandAssetUploaded, {"sha256": (None, asset.sha256)}))
        return asset

    @property
    def kind(self) -> AssetKind:
        """What it is for."""
        return self.asset_type.kind

    @property
    def url(self) -> str:
        """How documents, templates and a partner's configuration name it."""
        return f"asset:{self.sha256}/{self.kind.value}.{self.asset_type.ending}"

    @property
    def is_deleted(self) -> bool:
        """Tell whether it is no longer offered."""
        return self.deleted_at is not None

    def upload_again(self, name: str) -> None:
        """Offer it again under this name, after its deletion or under another name."""
        wanted = checked_name(name)
        if self.is_deleted or wanted != self.name:
            changes = {"name": (self.name, wanted), "deleted": (self.is_deleted, False)}
            self.name, self.deleted_at = wanted, None
            self._record(self._event(BrandAssetUploaded, changes))

    def delete(self, at: datetime) -> None:
        """Offer it no longer."""
        if not self.is_deleted:
            self.deleted_at = at
            self._record(self._event(BrandAssetDeleted, {"deleted": (False, True)}))

    def _event(
        self, kind: type[BrandAssetUploaded | BrandAssetDeleted], changes: dict[str, tuple[object, object]]
    ) -> Event:
        return kind(
            resource_id=self.id,
            partner_id=self.partner_id,
            ordinal=self.version + 1,
            changes=changes,
            name=self.name,
            asset_type=self.asset_type.value,
            sha256=self.sha256,
        )


def checked_name(name: str) -> str:
    """Return a file's name, trimmed; ``Invalid`` if it is empty or longer than 120 characters."""
    return str(checks.required(120)(name, "/name"))


def asset_keys(digest: str) -> tuple[str, ...]:
    """Return the object keys of the asset with this sha256 (hex), in the order they are tried.

    A store replaces nothing: should bytes be altered where they lie, the same file uploaded again
    lies under the next key.
    """
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise Invalid.field("/sha256", f"{digest!r} is no sha256 in hex.", code="object_key_invalid")
    return (f"uploads/assets/{digest}", *(f"uploads/assets/{digest}-{copy}" for copy in range(2, _COPIES + 1)))
