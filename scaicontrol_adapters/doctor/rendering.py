"""PDFs: the fonts are there, and a page is made with them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scaicontrol_adapters.doctor.finding import Finding, ok, wrong

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scaicontrol_adapters.settings import Settings

_PAGE = "<!DOCTYPE html><html lang=en><head><title>Probe</title></head><body><p>Prüfung €1,00</p></body></html>"
_MEND = "Install Pango, HarfBuzz and Fontconfig: the Debian packages that .ci/system-packages names."


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """Make a page; no setting has a say in it."""
    del settings
    yield await asyncio.to_thread(_made)


def _made() -> Finding:
    try:
        from weasyprint import HTML  # noqa: PLC0415  # costs a second; and where its libraries lack, this is what fails

        from scaicontrol_adapters.pdf.fonts import font_files  # noqa: PLC0415  # see above

        fonts = len(font_files())
        content = HTML(string=_PAGE).write_pdf()
    except (ImportError, OSError) as error:
        return wrong("rendering", f"PDFs can't be made: {str(error).splitlines()[0][:100]}.", _MEND)
    if not content or not content.startswith(b"%PDF"):
        return wrong("rendering", "What is made is no PDF.", _MEND)
    return ok("rendering", f"A page of {len(content)} bytes; {fonts} fonts of our own.")
