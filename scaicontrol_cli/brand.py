"""``scaicontrol admin partners assets``: the logos and fonts of a partner's documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scaicontrol_cli.arguments import AsJson, PartnerOption, Yes, require_yes
from scaicontrol_cli.context import Session, call
from scaicontrol_cli.groups import group
from scaicontrol_cli.naming import partner_named
from scaicontrol_cli.output import Column, Json, columns, print_item, print_json, print_note, print_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaicontrol_core.documents.brand.asset import BrandAsset
    from scaicontrol_core.documents.use_cases.upload_brand_asset import UploadedAsset
    from scaicontrol_core.kernel.ids import PartnerId

app = group("Logos and fonts: uploaded once, named by the digest of their bytes.")
_SHOWN = columns("id", "name", "type", Column("size", "size", right=True), "family", "url")
_Use = Annotated[str | None, typer.Option(help="Set the next documents with it, as: logo, font, font-bold.")]


def asset_json(asset: BrandAsset) -> Json:
    """Return an asset as JSON, under the names of the HTTP answer."""
    from scaicontrol_core.kernel.events import to_json

    plain = ("id", "partner_id", "name", "kind", "url", "sha256", "size", "width", "height", "family", "created_at")
    return {name: to_json(getattr(asset, name)) for name in plain} | {"type": asset.asset_type.value}


@app.command("upload")
def upload_asset(
    file: Annotated[Path, typer.Argument(help="A PNG, SVG, TTF or OTF.", exists=True, dir_okay=False)],
    partner: PartnerOption = None,
    use: _Use = None,
    as_json: AsJson = False,
) -> None:
    """Read, clean and keep a logo or a font; with --use, the next documents are set with it."""
    from scaicontrol_core.documents.use_cases.upload_brand_asset import AssetUpload, UploadBrandAsset

    role = _role(use)

    async def work(session: Session) -> UploadedAsset:
        owner = await partner_named(session, partner) if partner else None
        upload = AssetUpload(name=file.name, content=file.read_bytes(), partner_id=owner)
        made = await session.use(UploadBrandAsset)(session.actor, upload)
        if role:
            await _use(session, made.asset, role)
        return made

    uploaded = call(work)
    for part in uploaded.removed:
        print_note(f"Taken out: {part}")
    print_item(asset_json(uploaded.asset), as_json=as_json)


@app.command("list")
def list_assets(partner: PartnerOption = None, as_json: AsJson = False) -> None:
    """List a partner's logos and fonts; without one, the operator's."""
    from scaicontrol_core.documents.use_cases.list_brand_assets import ListBrandAssets

    async def work(session: Session) -> Sequence[BrandAsset]:
        owner: PartnerId | None = await partner_named(session, partner) if partner else None
        return await session.use(ListBrandAssets)(session.actor, owner)

    items = [asset_json(asset) for asset in call(work)]
    if as_json:
        print_json({"items": items, "total": len(items), "next_cursor": None})
    else:
        print_rows(items, _SHOWN)


@app.command("delete")
def delete_asset(
    asset: Annotated[str, typer.Argument(help="Its id.")], yes: Yes = False, as_json: AsJson = False
) -> None:
    """Take one out of use; documents made with it keep it."""
    from scaicontrol_core.documents.brand.asset import AssetId
    from scaicontrol_core.documents.use_cases.delete_brand_asset import DeleteBrandAsset

    require_yes(yes, f"Take {asset} out of use?")
    gone = call(lambda session: session.use(DeleteBrandAsset)(session.actor, AssetId(asset)))
    print_item(asset_json(gone), as_json=as_json)


def _role(use: str | None) -> str | None:
    from scaicontrol_core.kernel.errors import Invalid

    if use not in (None, "logo", "font", "font-bold"):
        raise Invalid(f"--use takes logo, font or font-bold, not {use!r}.", code="asset_role_unknown")
    return use


async def _use(session: Session, asset: BrandAsset, role: str) -> None:
    """Name the asset in its partner's configuration."""
    from scaicontrol_core.kernel.errors import Invalid
    from scaicontrol_core.tenancy.use_cases.configure_partner import ConfigurePartner, PartnerChanges
    from scaicontrol_core.tenancy.use_cases.get_partner import GetPartner

    if (role == "logo") != (asset.kind.value == "logo"):
        raise Invalid(f"{asset.name} is a {asset.kind.value}, no {role}.", code="asset_role_unknown")
    partner = await session.use(GetPartner)(session.actor, asset.partner_id)
    changes: dict[str, Any] = {"invoice_logo_url": asset.url}
    if role != "logo":
        changes = {"branding": partner.configuration.branding | {role.replace("-", "_"): asset.url}}
    await session.use(ConfigurePartner)(session.actor, partner.id, PartnerChanges(configuration=changes))
