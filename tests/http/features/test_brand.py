"""Logos and fonts over HTTP: uploaded by the partner they belong to, named by it alone."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 1"><script>x()</script><rect width="4"/></svg>'


def png() -> bytes:
    """A logo."""
    made = BytesIO()
    Image.new("RGB", (12, 3), "#b4235a").save(made, "PNG")
    return made.getvalue()


def body(content: bytes, name: str = "logo.png") -> dict[str, str]:
    """The body of an upload."""
    return {"name": name, "content_base64": b64encode(content).decode()}


async def test_a_reseller_brands_its_documents(reseller: Any, world: Any) -> None:
    path = f"/admin/partners/{world.reseller}"
    made = await reseller.post(f"{path}/assets", body(png()), status=201)
    asset = made["asset"]
    assert made["removed"] == []
    assert (asset["name"], asset["kind"], asset["type"], asset["width"]) == ("logo.png", "logo", "image/png", 12)
    assert asset["url"] == f"asset:{asset['sha256']}/logo.png"
    listed = await reseller.get(f"{path}/assets")
    assert asset in listed["items"]
    changed = await reseller.patch(path, {"invoice_logo_url": asset["url"]})
    assert changed["configuration"]["invoice_logo_url"] == asset["url"]
    await reseller.refused("DELETE", f"{path}/assets/{asset['id']}", 409, "asset_in_use")
    await reseller.patch(path, {"invoice_logo_url": None})
    assert (await reseller.send("DELETE", f"{path}/assets/{asset['id']}")).status_code == 204
    assert asset["id"] not in {item["id"] for item in (await reseller.get(f"{path}/assets"))["items"]}


async def test_what_was_taken_out_of_a_drawing_is_said(boss: Any, world: Any) -> None:
    made = await boss.post(f"/admin/partners/{world.operator}/assets", body(DRAWING, "logo.svg"), status=201)
    assert made["removed"] == ["<script> on line 1"]
    assert made["asset"]["type"] == "image/svg+xml"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"name": "x.png", "content_base64": "!"}, "base64_invalid"),
        (body(b"GIF89a"), "asset_rejected"),
        (body(b"\x00\x01\x00\x00" + b"x" * (2 * 1024 * 1024)), "asset_rejected"),
        (body(png(), ""), "required"),
    ],
)
async def test_what_is_refused(boss: Any, world: Any, sent: dict[str, str], code: str) -> None:
    await boss.refused("POST", f"/admin/partners/{world.operator}/assets", 422, code, json=sent)


async def test_nobody_takes_anothers_logo(boss: Any, reseller: Any, world: Any) -> None:
    own = (await boss.post(f"/admin/partners/{world.operator}/assets", body(png()), status=201))["asset"]
    changes = {"invoice_logo_url": own["url"]}
    await reseller.refused("PATCH", f"/admin/partners/{world.reseller}", 422, "asset_unknown", json=changes)
    wrong_way = f"/admin/partners/{world.reseller}/assets/{own['id']}"
    await boss.refused("DELETE", wrong_way, 404, "brand_asset_not_found")
