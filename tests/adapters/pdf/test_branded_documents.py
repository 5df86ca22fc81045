"""A brand on paper: the logo, the font and the colour of the day the number was given, on every later print too."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pikepdf
import pytest
from attrs import define, evolve
from PIL import Image

from scaicontrol_adapters.container import Container
from scaicontrol_adapters.pdf.fonts import font_files
from scaicontrol_adapters.pdf.inline import InlineRenderer
from scaicontrol_core.access import Actor, Role
from scaicontrol_core.billing.draft_input import DraftInput, LineInput
from scaicontrol_core.billing.invoice import Invoice
from scaicontrol_core.billing.use_cases.draft_invoice import DraftInvoice
from scaicontrol_core.billing.use_cases.finalize_invoice import FinalizeInvoice
from scaicontrol_core.documents.brand.asset import BrandAsset, asset_keys
from scaicontrol_core.documents.brand.errors import AssetInUse, AssetRejected
from scaicontrol_core.documents.errors import AssetLost, DocumentNotReady, RenderingLimitExceeded
from scaicontrol_core.documents.ports import NO_PARTS, PdfParts
from scaicontrol_core.documents.use_cases.delete_brand_asset import DeleteBrandAsset
from scaicontrol_core.documents.use_cases.list_brand_assets import ListBrandAssets
from scaicontrol_core.documents.use_cases.preview_draft import PreviewDraft
from scaicontrol_core.documents.use_cases.read_invoice_pdf import ReadInvoicePdf
from scaicontrol_core.documents.use_cases.render_statement import RenderStatement
from scaicontrol_core.documents.use_cases.upload_brand_asset import AssetUpload, UploadBrandAsset, UploadedAsset
from scaicontrol_core.kernel.errors import Forbidden, Invalid, NotFound
from scaicontrol_core.kernel.ids import PartnerId
from scaicontrol_core.tenancy.use_cases.configure_partner import ConfigurePartner, PartnerChanges
from scaicontrol_core.testing import builders
from scaicontrol_core.testing.builders import OPERATOR_ID, TENANT_ID
from scaicontrol_core.testing.objects import MemoryObjects

BOSS = Actor.system("brand")
DRAWING = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 50"><script>x()</script>
<rect width="200" height="50" fill="#00a000"/></svg>"""


def png(color: str) -> bytes:
    """A logo of one colour."""
    made = BytesIO()
    Image.new("RGB", (120, 30), color).save(made, "PNG")
    return made.getvalue()


@define
class House:
    """The operator with a customer; ``container`` keeps everything in memory and renders for real."""

    container: Container

    async def upload(self, content: bytes, name: str = "logo.png", **fields: Any) -> UploadedAsset:
        """Upload a file."""
        return await self.container.use(UploadBrandAsset)(BOSS, AssetUpload(name=name, content=content, **fields))

    async def configure(self, **configuration: Any) -> None:
        """Change the operator's configuration."""
        await self.container.use(ConfigurePartner)(BOSS, OPERATOR_ID, PartnerChanges(configuration=configuration))

    async def use_logo(self, content: bytes) -> BrandAsset:
        """Upload a logo and set documents with it."""
        asset = (await self.upload(content)).asset
        await self.configure(invoice_logo_url=asset.url)
        return asset

    async def draft(self) -> Invoice:
        """Draft an invoice of one line."""
        line = LineInput(description="Advice", quantity="3", unit_price_cents="12500")
        return await self.container.use(DraftInvoice)(BOSS, TENANT_ID, DraftInput(lines=(line,)))

    async def issue(self) -> Invoice:
        """Issue one."""
        return await self.container.use(FinalizeInvoice)(BOSS, (await self.draft()).id)

    async def pdf(self, invoice: Invoice) -> bytes:
        """Read its PDF, which is made if need be."""
        return (await self.container.use(ReadInvoicePdf)(BOSS, invoice.id)).content

    def lose(self, key: str) -> None:
        """Lose an object."""
        objects = self.container.objects
        assert isinstance(objects, MemoryObjects)
        del objects.contents[key]


@pytest.fixture(scope="module")
def renderer() -> InlineRenderer:
    """One warm renderer."""
    return InlineRenderer()


@pytest.fixture
async def house(renderer: InlineRenderer) -> House:
    """It, empty-handed."""
    container = Container.in_memory(renderer=renderer)
    async with container.work.begin(BOSS) as work:
        await work.partners.add(builders.new_partner())
        await work.partners.add(
            builders.new_partner(PartnerId("prt_other"), operator=False, name="Other", invoice_number_prefix="OTH")
        )
        await work.tenants.add(builders.new_tenant())
        await work.billing_profiles.add(builders.new_profile())
        await work.commit()
    return House(container)


def images(pdf: bytes) -> list[tuple[int, int]]:
    """Return the sizes of the images on the first page."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        return [(int(image.Width), int(image.Height)) for image in opened.pages[0].get_images().values()]


def fonts(pdf: bytes) -> set[str]:
    """Return the names of all embedded fonts."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        return {
            str(each.FontName)
            for each in opened.objects
            if isinstance(each, pikepdf.Dictionary) and "/FontName" in each
        }


async def test_the_logo_is_on_the_invoice_and_a_later_one_changes_nothing(house: House) -> None:
    red = await house.use_logo(png("#ff0000"))
    first = await house.issue()
    assert first.document is not None
    assert first.document["seller"]["logo_url"] == red.url
    await house.use_logo(png("#0000ff"))
    printed = await house.pdf(first)
    assert images(printed) == [(120, 30)]
    with pikepdf.open(BytesIO(printed)) as opened:
        (image,) = opened.pages[0].get_images().values()
        assert isinstance(image, pikepdf.Stream)
        assert pikepdf.PdfImage(image).as_pil_image().convert("RGB").getpixel((5, 5)) == (255, 0, 0)


async def test_a_print_is_made_again_to_the_byte_after_the_logo_was_taken_out_of_use(house: House) -> None:
    asset = await house.use_logo(png("#ff0000"))
    invoice = await house.issue()
    printed = await house.container.use(ReadInvoicePdf)(BOSS, invoice.id)
    with pytest.raises(AssetInUse):
        await house.container.use(DeleteBrandAsset)(BOSS, asset.id)
    await house.configure(invoice_logo_url=None)
    gone = await house.container.use(DeleteBrandAsset)(BOSS, asset.id)
    assert gone.is_deleted
    assert await house.container.use(ListBrandAssets)(BOSS) == []
    house.lose(printed.revision.object_key)
    assert await house.pdf(invoice) == printed.content


async def test_a_drawing_is_cleaned_and_fills_the_logos_place(house: House) -> None:
    uploaded = await house.upload(DRAWING, "logo.svg")
    assert uploaded.removed == ("<script> on line 1",)
    await house.configure(invoice_logo_url=uploaded.asset.url)
    printed = await house.pdf(await house.issue())
    with pikepdf.open(BytesIO(printed)) as opened:
        drawn = b"".join(stream.read_bytes() for stream in opened.objects if isinstance(stream, pikepdf.Stream))
    assert b"0 0.627451 0 rg" in drawn  # the green of the rectangle


async def test_text_is_set_in_the_brands_own_font(house: House) -> None:
    bold = next(font for font in font_files() if font.weight == 700)
    uploaded = await house.upload(bold.content, "Brand.ttf")
    assert uploaded.asset.family == "Source Sans Pro"
    plain = await house.pdf(await house.issue())
    await house.configure(branding={"font": uploaded.asset.url, "color": "#b4235a"})
    branded = await house.issue()
    assert branded.document is not None
    assert branded.document["seller"]["brand_font"] == uploaded.asset.url
    family = f"Brand-{uploaded.asset.sha256[:12]}"
    assert not [name for name in fonts(plain) if family in name]
    assert [name for name in fonts(await house.pdf(branded)) if family in name]


async def test_drafts_and_statements_wear_the_brand_too(house: House) -> None:
    await house.use_logo(png("#ff0000"))
    proforma = await house.container.use(PreviewDraft)(BOSS, (await house.draft()).id)
    assert images(proforma) == [(120, 30)]
    await house.issue()
    statement = await house.container.use(RenderStatement)(BOSS, TENANT_ID)
    assert images(statement.content) == [(120, 30)]


async def test_a_lost_logo_stops_the_print_and_uploading_it_again_mends_it(house: House) -> None:
    asset = await house.use_logo(png("#ff0000"))
    invoice = await house.issue()
    house.lose(asset_keys(asset.sha256)[0])
    with pytest.raises(AssetLost, match="not in the object store"):
        await house.pdf(invoice)
    await house.upload(png("#ff0000"))
    assert images(await house.pdf(invoice)) == [(120, 30)]


async def test_altered_bytes_are_never_printed_and_uploading_the_file_again_mends_it(house: House) -> None:
    asset = await house.use_logo(png("#ff0000"))
    invoice = await house.issue()
    objects = house.container.objects
    assert isinstance(objects, MemoryObjects)
    objects.contents[asset_keys(asset.sha256)[0]] = png("#00ff00")
    with pytest.raises(AssetLost, match="was altered"):
        await house.pdf(invoice)
    customer = Actor.tenant_user("usr_t", TENANT_ID, OPERATOR_ID, Role.TENANT_ADMIN)
    with pytest.raises(DocumentNotReady):
        await house.container.use(ReadInvoicePdf)(customer, invoice.id)
    await house.upload(png("#ff0000"))
    assert images(await house.pdf(invoice)) == [(120, 30)]


async def test_whatever_a_customer_is_called_it_loads_nothing(house: House) -> None:
    """Its name is text, on a document that wears a logo too."""
    name = f"asset:{'0' * 64}/ <img src='asset:{'2' * 64}/x'>"
    async with house.container.work.begin(BOSS) as work:
        profile = await work.billing_profiles.get(TENANT_ID)
        profile.change(evolve(profile.details, company_name=name), house.container.clock.now())
        await work.billing_profiles.save(profile)
        await work.commit()
    await house.use_logo(png("#ff0000"))
    assert images(await house.pdf(await house.issue())) == [(120, 30)]


async def test_a_font_is_no_logo_and_a_logo_no_font(house: House) -> None:
    font = (await house.upload(font_files()[0].content, "Brand.ttf")).asset
    logo = (await house.upload(png("#ff0000"))).asset
    with pytest.raises(Invalid) as refused:
        await house.configure(invoice_logo_url=font.url, branding={"font": logo.url})
    assert [each.pointer for each in refused.value.fields] == ["/invoice_logo_url", "/branding/font"]


async def test_the_same_file_twice_is_one_asset(house: House) -> None:
    first, second = await house.upload(png("#ff0000")), await house.upload(png("#ff0000"), "other.png")
    assert first.asset.id == second.asset.id
    (kept,) = await house.container.use(ListBrandAssets)(BOSS)
    assert (kept.name, kept.size) == ("other.png", len(png("#ff0000")))
    await house.container.use(DeleteBrandAsset)(BOSS, kept.id)
    back = await house.upload(png("#ff0000"))
    assert back.asset.id == kept.id
    assert not back.asset.is_deleted


async def test_a_partner_names_only_what_it_uploaded_itself(house: House) -> None:
    theirs = (await house.upload(png("#ff0000"), partner_id=PartnerId("prt_other"))).asset
    with pytest.raises(Invalid) as refused:
        await house.configure(invoice_logo_url=theirs.url, branding={"font": theirs.url})
    assert refused.value.code == "asset_unknown"
    assert [each.pointer for each in refused.value.fields] == ["/invoice_logo_url", "/branding/font"]
    rival = Actor.partner_admin("usr_rival", OPERATOR_ID)
    with pytest.raises(NotFound):
        await house.container.use(DeleteBrandAsset)(rival, theirs.id)
    with pytest.raises(NotFound):
        await house.container.use(ListBrandAssets)(rival, PartnerId("prt_other"))
    with pytest.raises(Forbidden):
        await house.container.use(UploadBrandAsset)(
            Actor.tenant_user("usr_t", TENANT_ID, OPERATOR_ID), AssetUpload(name="x", content=png("#ff0000"))
        )


@pytest.mark.parametrize(
    ("branding", "code"),
    [({"color": "red"}, "color_invalid"), ({"font": "https://x.example/f.ttf"}, "asset_url_invalid")],
)
async def test_branding_is_checked(house: House, branding: dict[str, str], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        await house.configure(branding=branding)
    assert refused.value.code == code


LOOP = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><pattern id="p" width="1" height="1">
<rect width="9" height="9" fill="url(#p)"/></pattern><rect width="9" height="9" fill="url(#p)"/></svg>"""


async def test_a_pattern_filled_with_itself_does_no_harm(house: House) -> None:
    kept = await house.upload(LOOP, "loop.svg")
    await house.configure(invoice_logo_url=kept.asset.url)
    assert (await house.pdf(await house.issue())).startswith(b"%PDF")


async def test_a_drawing_that_takes_too_long_is_refused_before_a_document_is_set_with_it(house: House) -> None:
    class Slow(InlineRenderer):
        async def render_pdf(self, html: str, document_key: str, parts: PdfParts = NO_PARTS) -> bytes:
            raise RenderingLimitExceeded(f"{document_key} took too long with {len(parts.assets)} asset.")

    house.container.renderer = Slow()
    with pytest.raises(AssetRejected, match=r"can't be printed: proofs/.* took too long with 1 asset"):
        await house.upload(DRAWING, "logo.svg")
    assert await house.container.use(ListBrandAssets)(BOSS) == []
