"""A logo drawn as SVG keeps what it draws; whatever runs, loads or points elsewhere is taken out or refused."""

from __future__ import annotations

import pytest

from scaicontrol_adapters.pdf.svg import clean_svg
from scaicontrol_core.documents.brand.errors import AssetRejected

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 200 50">'


def svg(inside: str, head: str = HEAD) -> bytes:
    """An SVG around some markup."""
    return f"{head}{inside}</svg>".encode()


def cleaned(inside: str) -> tuple[str, tuple[str, ...]]:
    """What remains of the markup, and what was taken out."""
    drawing, _, _, removed = clean_svg(svg(inside))
    return drawing.decode(), removed


def test_an_honest_drawing_stays_as_it_is() -> None:
    inside = (
        '<defs><linearGradient id="g"><stop offset="0" stop-color="#fff"/></linearGradient>'
        '<symbol id="leaf"><path d="M0 0L9 9"/></symbol></defs><style>.a { fill: url(#g); }</style>'
        '<rect class="a" width="200" height="50" fill="url(#g)"/><use href="#leaf"/><text x="1" y="2">Scai</text>'
    )
    kept, removed = cleaned(inside)
    assert removed == ()
    for part in ("linearGradient", 'fill="url(#g)"', "url(#g);", 'href="#leaf"', ">Scai</text>", "M0 0L9 9"):
        assert part in kept


@pytest.mark.parametrize(
    ("hostile", "named"),
    [
        ("<script>alert(1)</script>", "<script> on line 1"),
        ("<foreignObject><p>Hi</p></foreignObject>", "<foreignObject> on line 1"),
        ('<a href="https://evil.example"><rect/></a>', "<a> on line 1"),
        ('<image href="https://evil.example/x.png"/>', "<image> on line 1"),
        ('<image href="data:image/png;base64,iVBORw0KGgo="/>', "<image> on line 1"),
        ('<use xlink:href="file:///etc/passwd"/>', "href= of <use> on line 1"),
        ('<use href="#a" xlink:href="#b"/>', "href= of <use> on line 1"),
        ("<style><desc/>@import 'https://evil.example/x.css';</style>", "<style> on line 1"),
        ("<rect style=\"fill: image-set('https://evil.example')\"/>", "style= of <rect> on line 1"),
        ('<use href="other.svg#x"/>', "href= of <use> on line 1"),
        ('<rect onload="alert(1)"/>', "onload= of <rect> on line 1"),
        ('<rect fill="url(https://evil.example/#g)"/>', "fill= of <rect> on line 1"),
        ("<rect style=\"fill: url( 'http://evil.example' )\"/>", "style= of <rect> on line 1"),
        ('<rect style="fill: \\75rl(http://evil.example)"/>', "style= of <rect> on line 1"),
        ("<style>@import 'https://evil.example/x.css';</style>", "<style> on line 1"),
        ("<style>@font-face { font-family: x; src: url(#x) }</style>", "<style> on line 1"),
        ('<animate attributeName="x" dur="9s"/>', "<animate> on line 1"),
        ('<set attributeName="href" to="https://evil.example"/>', "<set> on line 1"),
    ],
)
def test_what_does_not_draw_goes(hostile: str, named: str) -> None:
    kept, removed = cleaned(f'<circle r="3"/>{hostile}')
    assert "circle" in kept
    for word in ("evil", "script", "passwd", "alert", "foreign", "svg+xml", "@font-face", "animate"):
        assert word not in kept.replace("http://www.w3.org/2000/svg", "")
    assert removed == (named,)


def test_notes_of_drawing_programs_and_comments_go_without_a_word() -> None:
    head = HEAD.replace(">", ' xmlns:ink="http://www.inkscape.org" ink:version="1.2">')
    drawing, _, _, removed = clean_svg(b"<?xml version='1.0'?><!-- made by hand -->" + svg("<rect/>", head))
    assert b"ink" not in drawing
    assert b"made by hand" not in drawing
    assert removed == ()


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + svg("<text>&b;</text>"), "declares entities"),
        (b'<!DOCTYPE svg [<!entity x SYSTEM "file:///etc/passwd">]>' + svg("<text/>"), "declares entities"),
        (b'<!DOCTYPE svg [<!ATTLIST svg onload CDATA "x()">]>' + svg("<text/>"), "declares entities"),
        (svg("<text/>").decode().encode("utf-16"), "not UTF-8"),
        (b'<?xml version="1.0" encoding="UTF-7"?>' + svg("<text/>"), "not UTF-8"),
        (b'<?xml version="1.0" encoding="latin-1"?>' + svg("<text/>"), "not UTF-8"),
        (b"<html><body/></html>", "no SVG"),
        (b"<svg viewBox='0 0 1 1'/>", "no SVG"),
        (svg("<rect"), "can't be read"),
        (svg("", HEAD.replace('viewBox="0 0 200 50"', "")), "no size"),
        (svg("", HEAD.replace("200 50", "0 50")), "can't be printed"),
        (svg("", HEAD.replace("0 0 200 50", "0 0 1e9 50")), "no size"),
        (svg("<rect/>" * 5_001), "more than 5000 elements"),
        (svg("<use href='#a'/>" * 201), "more than 200 times"),
        (svg("<g id='a'><use href='#b'/></g><g id='b'><rect/></g><use href='#a'/>"), "copies what holds copies"),
        (svg("<g id='a'><use href='#a'/></g>"), "copies what holds copies"),
        (svg("<rect id='a'/><g id='a'><use href='#b'/></g><use xlink:href='#a'/>"), "copies what holds copies"),
    ],
)
def test_what_is_refused(file: bytes, reason: str) -> None:
    with pytest.raises(AssetRejected, match=reason):
        clean_svg(file)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ('viewBox="0 0 200 50"', (264, 66)),
        ('viewBox="0,0,50,200"', (17, 68)),
        ('width="24" height="24"', (68, 68)),
        ('width="100%" height="100%" viewBox="0 0 400 100"', (264, 66)),
    ],
)
def test_a_drawing_fills_the_box_of_a_logo(size: str, expected: tuple[int, int]) -> None:
    drawing, width, height, _ = clean_svg(svg("<rect/>", f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'))
    assert (width, height) == expected
    assert f'width="{width}" height="{height}"'.encode() in drawing
    assert b"viewBox" in drawing


def test_cleaning_what_is_clean_changes_nothing() -> None:
    once, *_ = clean_svg(svg('<g><path d="M0 0"/></g>'))
    assert clean_svg(once)[0] == once
