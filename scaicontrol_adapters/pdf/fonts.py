"""The fonts documents are set in: files of an installed package, named by their digest.

Source Sans Pro (SIL Open Font Licence) comes from the PyPI package ``font-source-sans-pro``; it
covers Latin, Greek and Cyrillic and has tabular figures. A stylesheet names a font as
``asset:<sha256>/<file>``, so a snapshot says exactly which bytes it was made with, and the
family name is our own, so that a font installed on the machine is never taken instead.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import resources

from attrs import field, frozen

from scaicontrol_core.documents import FontVersion
from scaicontrol_core.documents.branding import Branding

FAMILY = "ScaiControl Sans"
_PACKAGE = "font_source_sans_pro"
_WEIGHTS = {400: "SourceSansPro-Regular.ttf", 600: "SourceSansPro-Semibold.ttf", 700: "SourceSansPro-Bold.ttf"}


@frozen
class FontFile:
    """One weight of the family, with its bytes in memory."""

    weight: int
    version: FontVersion
    content: bytes = field(repr=False)

    @property
    def url(self) -> str:
        """The address a stylesheet reads it from."""
        return f"asset:{self.version.sha256}/{self.version.name}"


@lru_cache(maxsize=1)
def font_files() -> tuple[FontFile, ...]:
    """Read the font files once per process."""
    folder = resources.files(_PACKAGE) / "files"
    files = []
    for weight, name in _WEIGHTS.items():
        content = (folder / name).read_bytes()
        files.append(FontFile(weight, FontVersion(name, hashlib.sha256(content).hexdigest()), content))
    return tuple(files)


@lru_cache(maxsize=1)
def font_face_css() -> str:
    """Return the ``@font-face`` rules that every document's stylesheet begins with."""
    return "\n".join(
        f"@font-face {{ font-family: '{FAMILY}'; font-weight: {font.weight}; src: url({font.url}); }}"
        for font in font_files()
    )


def brand_font_css(branding: Branding) -> str:
    """Return the rules that set a document in its brand's font, with ours for letters it lacks; nothing without one.

    The family is named by the font's digest: two brands' fonts never meet under one name. Without a
    bold cut of its own, bold text stays in ours. (WeasyPrint knows no ranges of weights.)
    """
    if branding.font_url is None:
        return ""
    family = f"Brand {branding.font_url[len('asset:') :][:12]}"
    regular, *bolder = font_files()
    cuts = {regular.weight: branding.font_url} | {cut.weight: branding.font_bold_url or cut.url for cut in bolder}
    rules = [
        f"@font-face {{ font-family: '{family}'; font-weight: {weight}; src: url({url}); }}"
        for weight, url in cuts.items()
    ]
    return "\n".join([*rules, f"html {{ font-family: '{family}', '{FAMILY}', sans-serif; }}"])
