"""Routes of a partner's logos and fonts."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody

from scaicontrol_core.documents.brand.asset import AssetId, BrandAsset
from scaicontrol_core.documents.use_cases.delete_brand_asset import DeleteBrandAsset
from scaicontrol_core.documents.use_cases.list_brand_assets import ListBrandAssets
from scaicontrol_core.documents.use_cases.upload_brand_asset import UploadBrandAsset
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.kernel.paging import Sorting, SortKey, paged, sortable
from scaicontrol_http.brand.schemas import AssetAnswer, AssetBody, UploadAnswer
from scaicontrol_http.dependencies import Actor, Container, PageRequest
from scaicontrol_http.requests import Listing, listing
from scaicontrol_http.sorting import SORTING

_ASSETS = Sorting("brand_assets", ("created_at", "name"), "created_at")
_KEYS: Mapping[str, SortKey[BrandAsset]] = {
    "created_at": lambda asset: (sortable(asset.created_at), asset.id),
    "name": lambda asset: (asset.name, asset.id),
}
_TAG = "Admin: partners"
_PATH = "/admin/partners/{partner_id:str}/assets"
#: A font of 2 MiB in base64, and its name.
_MAX_BODY = 3 * 1024 * 1024


@get(_PATH, tags=[_TAG], summary="List a partner's logos and fonts", opt={SORTING: _ASSETS})
async def list_assets(
    container: Container, actor: Actor, page: PageRequest, partner_id: FromPath[str]
) -> Listing[AssetAnswer]:
    """Those in use, oldest first unless sorted otherwise."""
    found = await container.use(ListBrandAssets)(actor, PartnerId(partner_id))
    return listing(paged(found, page, _ASSETS, _KEYS, {"partner_id": partner_id}), AssetAnswer.of)


@post(
    _PATH,
    tags=[_TAG],
    summary="Upload a logo or a font",
    request_max_body_size=_MAX_BODY,
    opt={"idempotent": True},
)
async def upload_asset(
    container: Container, actor: Actor, partner_id: FromPath[str], data: JSONBody[AssetBody]
) -> Response[UploadAnswer]:
    """Read, clean and keep a file; the same bytes again are the same asset. The configuration names its `url`."""
    uploaded = await container.use(UploadBrandAsset)(actor, data.upload(partner_id))
    return Response(UploadAnswer.of(uploaded), status_code=201)


@delete(f"{_PATH}/{{asset_id:str}}", tags=[_TAG], summary="Take a logo or a font out of use")
async def delete_asset(container: Container, actor: Actor, partner_id: FromPath[str], asset_id: FromPath[str]) -> None:
    """Documents that were made with it keep it; what the configuration names can't go."""
    await container.use(DeleteBrandAsset)(actor, AssetId(asset_id), PartnerId(partner_id))


ROUTES = (list_assets, upload_asset, delete_asset)
