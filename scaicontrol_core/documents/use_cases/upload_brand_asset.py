"""Upload a logo or a font."""

from __future__ import annotations

from attrs import field, frozen

from scaicontrol_core.access.actor import Actor
from scaicontrol_core.access.permission import Permission
from scaicontrol_core.documents.brand.asset import AssetId, BrandAsset, CleanAsset
from scaicontrol_core.documents.brand.errors import AssetRejected
from scaicontrol_core.documents.brand.loading import keep_asset
from scaicontrol_core.documents.brand.ports import AssetReader
from scaicontrol_core.documents.errors import RenderingFailed, RenderingLimitExceeded
from scaicontrol_core.documents.ports import DocumentRenderer, ObjectStore, PdfParts
from scaicontrol_core.documents.work import DocumentsWork
from scaicontrol_core.kernel.clock import Clock
from scaicontrol_core.kernel.ids import Ids, PartnerId
from scaicontrol_core.kernel.work import UnitOfWorkFactory
from scaicontrol_core.tenancy.branding import AssetKind
from scaicontrol_core.tenancy.selling import home_partner

_PROOF = '<!DOCTYPE html><html lang="en"><head><title>Proof</title></head><body><img src="{}" alt="Logo"></body></html>'


@frozen(kw_only=True)
class AssetUpload:
    """A file: its name and its bytes. Without a partner it is the actor's own, or the operator's."""

    name: str
    content: bytes = field(repr=False)
    partner_id: PartnerId | None = None


@frozen
class UploadedAsset:
    """The asset as it is kept, and what was taken out of it."""

    asset: BrandAsset
    removed: tuple[str, ...]


@frozen
class UploadBrandAsset:
    """Read, clean, try and keep a file. The same bytes again are the same asset.

    Raises ``AssetRejected`` (no PNG, SVG, TTF or OTF; too large; damaged; can't be printed),
    ``Invalid``, ``NotFound``, and what renderer and store raise.
    """

    work: UnitOfWorkFactory[DocumentsWork]
    clock: Clock
    ids: Ids
    objects: ObjectStore
    renderer: DocumentRenderer
    asset_reader: AssetReader

    async def __call__(self, actor: Actor, upload: AssetUpload) -> UploadedAsset:
        """Return the asset."""
        actor.require(Permission.ADMIN_PARTNERS)
        async with self.work.begin(actor, read_only=True) as work:
            partner_id = (await home_partner(work, actor.scope, upload.partner_id)).id
        clean = await self.asset_reader.read(upload.content)
        asset_id = AssetId(self.ids.new("ast"))
        made = BrandAsset.upload(asset_id, partner_id, upload.name, clean, self.clock.now())
        await self._try(made, clean)
        await keep_asset(self.objects, clean.content, clean.asset_type.value)
        async with self.work.begin(actor) as work:
            kept = await work.brand_assets.find(partner_id, made.sha256)
            if kept is None:
                await work.brand_assets.add(made)
                kept = made
            else:
                kept.upload_again(upload.name)
                if kept.has_changed:
                    await work.brand_assets.save(kept)
            await work.commit()
        return UploadedAsset(kept, clean.removed)

    async def _try(self, made: BrandAsset, clean: CleanAsset) -> None:
        """Print a logo once, so that one that never ends stops here and not a billing run's documents."""
        if made.kind is not AssetKind.LOGO:
            return
        try:
            await self.renderer.render_pdf(
                _PROOF.format(made.url), f"proofs/{made.sha256}", PdfParts(assets={made.sha256: clean.content})
            )
        except (RenderingFailed, RenderingLimitExceeded) as wrong:
            raise AssetRejected.because(
                f"It can't be printed: {wrong.message}", hint="Simplify the drawing."
            ) from wrong
