"""Cleaning an SVG: what is drawn stays; what runs, loads or points elsewhere goes.

What we keep is a list of what may stay, not of what must go: a feature that nobody here knows
is taken out. A file with entities is refused, for no drawing program needs them in a logo.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lxml import etree

from scaicontrol_core.documents.brand.errors import AssetRejected

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_DRAWN = frozenset(
    """svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan textPath
    linearGradient radialGradient stop clipPath mask pattern style""".split()
)
_REFERENCES = ("href", _XLINK)
_NAMESPACED_KEPT = (_XLINK, "{http://www.w3.org/XML/1998/namespace}space")
_URL = re.compile(r"url\(\s*['\"]?(?!\s*['\"]?#)", re.IGNORECASE)
_LOADS = re.compile(r"@import|@font-face|(?:expression|image-set|image|src)\s*\(|javascript:|\\", re.IGNORECASE)
_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8[\"'])", re.IGNORECASE)
_SUBSET = re.compile(rb"<!DOCTYPE[^>]*\[", re.IGNORECASE)
_NUMBER = re.compile(r"\s*([0-9]*\.?[0-9]+)(?:px|pt|mm|cm|in)?\s*", re.ASCII)
_MAX_ELEMENTS = 5_000
_MAX_USES = 200
_MAX_SIDE = 100_000
#: The box of a logo on A4, in pixels of 1/96 inch: an SVG has no size of its own on paper, so it fills this.
_BOX_WIDTH, _BOX_HEIGHT = 264, 68


def clean_svg(content: bytes) -> tuple[bytes, int, int, tuple[str, ...]]:
    """Return the drawing alone with its width and height in pixels, and what was taken out of it.

    Raises ``AssetRejected`` for what is no SVG, has entities, has no size, or is too large a tree.
    """
    root = _parsed(content)
    removed = list(dict.fromkeys(_clean(root)))
    _require_modest(root)
    width, height = _sized(root)
    etree.cleanup_namespaces(root)
    return etree.tostring(root, encoding="utf-8", xml_declaration=False), width, height, tuple(removed)


def _parsed(content: bytes) -> Element:
    if _SUBSET.search(content) or b"<!ENTITY" in content.upper():
        raise AssetRejected.because("The SVG declares entities.", hint="Save it as plain SVG.")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        raise AssetRejected.because("The SVG is not UTF-8.", hint="Save it as UTF-8.") from None
    if _ENCODING.search(content):  # other encodings hide from us what a parser would read
        raise AssetRejected.because("The SVG says it is not UTF-8.", hint="Save it as UTF-8.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as wrong:
        raise AssetRejected.because(f"The SVG can't be read: {wrong}") from None
    if root.tag != f"{{{_SVG}}}svg":
        raise AssetRejected.because("The file is no SVG: its root is another.", hint='Begin with <svg xmlns="…">.')
    return root


def _clean(root: Element) -> Iterator[str]:
    """Take out everything that does not draw, yielding what it was."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        name = etree.QName(element)
        drawn = name.namespace == _SVG and name.localname in _DRAWN
        if not drawn or (name.localname == "style" and (len(element) or _reaches_out(element.text or ""))):
            if name.namespace == _SVG:
                yield f"<{name.localname}> on line {element.sourceline}"
            _without(element)
        else:
            yield from _clean_attributes(element)
            waiting += reversed(element.findall("*"))


def _clean_attributes(element: Element) -> Iterator[str]:
    for key, value in list(element.attrib.items()):
        name, text = str(key), str(value)
        if _may_stay(element, name, text):
            continue
        del element.attrib[key]
        if not name.startswith("{") or name in _REFERENCES:  # a program's own notes are nothing to report
            yield f"{etree.QName(name).localname}= of <{etree.QName(element).localname}> on line {element.sourceline}"


def _may_stay(element: Element, name: str, text: str) -> bool:
    if name in _REFERENCES:
        twice = name == _XLINK and element.get("href") is not None
        return text.strip().startswith("#") and not twice
    if name.startswith("{"):
        return name in _NAMESPACED_KEPT
    return not name.lower().startswith("on") and not _reaches_out(text)


def _reaches_out(text: str) -> bool:
    """Tell whether styles load anything, or might: a backslash can spell what we look for in another way."""
    return bool(_URL.search(text) or _LOADS.search(text))


def _without(element: Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _require_modest(root: Element) -> None:
    """Refuse trees that take long to draw: many elements, or copies of copies."""
    elements = list(root.iter(etree.Element))
    if len(elements) > _MAX_ELEMENTS:
        raise AssetRejected.because(f"The SVG has more than {_MAX_ELEMENTS} elements.", hint="Simplify the drawing.")
    uses = [element for element in elements if etree.QName(element).localname == "use"]
    if len(uses) > _MAX_USES:
        raise AssetRejected.because(f"The SVG copies shapes more than {_MAX_USES} times.", hint="Simplify the drawing.")
    copying = {str(each.get("id")) for each in elements if next(each.iter(f"{{{_SVG}}}use"), None) is not None}
    for use in uses:
        if str(use.get("href") or use.get(_XLINK) or "").strip().lstrip("#") in copying:
            raise AssetRejected.because(
                f"The SVG copies what holds copies itself, on line {use.sourceline}.", hint="Turn copies into shapes."
            )


def _sized(root: Element) -> tuple[int, int]:
    """Give the root the size of a logo's box, its proportions kept; return it."""
    box = str(root.get("viewBox") or "").replace(",", " ").split()
    sides = box[2:] if len(box) == 4 else [str(root.get("width") or ""), str(root.get("height") or "")]  # noqa: PLR2004
    measures = [_NUMBER.fullmatch(side) for side in sides]
    if not all(measures):
        raise AssetRejected.because("The SVG has no size.", hint="Give its root a viewBox, or width and height.")
    wide, high = (float(measure[1]) for measure in measures if measure)
    if not (0 < wide <= _MAX_SIDE and 0 < high <= _MAX_SIDE):
        raise AssetRejected.because(f"The SVG is {sides[0]} by {sides[1]}: that can't be printed.")
    if len(box) != 4:  # noqa: PLR2004 - x, y, width, height
        root.set("viewBox", f"0 0 {sides[0]} {sides[1]}" if _plain(sides) else f"0 0 {wide:g} {high:g}")
    scale = min(_BOX_WIDTH / wide, _BOX_HEIGHT / high)
    width, height = max(1, round(wide * scale)), max(1, round(high * scale))
    root.set("width", str(width))
    root.set("height", str(height))
    return width, height


def _plain(sides: list[str]) -> bool:
    return all(side.replace(".", "", 1).isdecimal() for side in sides)
