"""``scaicontrol admin partners assets``: from a file in a folder to the next invoice."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from scaicontrol_adapters.pdf.fonts import font_files

World = Callable[..., Any]


@pytest.fixture
def logo(home: Path) -> str:
    """A file with a logo."""
    made = BytesIO()
    Image.new("RGB", (12, 3), "#b4235a").save(made, "PNG")
    (home / "logo.png").write_bytes(made.getvalue())
    return "logo.png"


def test_a_logo_is_uploaded_used_and_printed(world: World, home: Path, logo: str) -> None:
    made = world("admin", "partners", "assets", "upload", logo, "--use", "logo", "--json").json
    shown = world("admin", "partners", "show", "operator", "--json").json
    assert shown["configuration"]["invoice_logo_url"] == made["url"]
    draft = world("admin", "invoices", "create", "acme", "--line", "1 x 100 Thing", "--json").json["id"]
    number = world("admin", "invoices", "finalize", draft, "--yes", "--json").json["number"]
    world("admin", "invoices", "pdf", number, "-o", "out.pdf")
    with pikepdf.open(home / "out.pdf") as printed:
        assert [int(each.Width) for each in printed.pages[0].get_images().values()] == [12]
    assert "uses it" in world("admin", "partners", "assets", "delete", made["id"], "--yes", fails=1).complaint
    world("admin", "partners", "configure", "operator", "--set", "invoice_logo_url=")
    world("admin", "partners", "assets", "delete", made["id"], "--yes")
    assert world("admin", "partners", "assets", "list", "--json").json["items"] == []


def test_a_font_keeps_the_colour_beside_it(world: World, home: Path) -> None:
    (home / "brand.yaml").write_text('branding: {color: "#b4235a"}\n')
    world("admin", "partners", "configure", "operator", "--file", "brand.yaml")
    (home / "Brand.ttf").write_bytes(font_files()[0].content)
    made = world("admin", "partners", "assets", "upload", "Brand.ttf", "--use", "font", "--json").json
    branding = world("admin", "partners", "show", "operator", "--json").json["configuration"]["branding"]
    assert branding == {"color": "#b4235a", "font": made["url"]}
    assert "Source Sans Pro" in world("admin", "partners", "assets", "list").stdout


def test_what_was_taken_out_is_told_and_a_wrong_role_refused(world: World, home: Path, logo: str) -> None:
    drawn = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 1"><script/><rect width="4" height="1"/></svg>'
    (home / "logo.svg").write_text(drawn)
    assert "Taken out: <script> on line 1" in world("admin", "partners", "assets", "upload", "logo.svg").stderr
    assert "no font" in world("admin", "partners", "assets", "upload", logo, "--use", "font", fails=2).complaint
    assert "--use takes" in world("admin", "partners", "assets", "upload", logo, "--use", "hat", fails=2).complaint
