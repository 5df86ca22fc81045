"""The text of an HTML mail: nothing said is lost, no tag is left, every link is there."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaicontrol_core.documents.plain_text import text_of_html

WORDS = st.text("abcdé €ß.,'&\u00a0", min_size=1, max_size=12).map(str.strip).filter(bool)
LINKS = st.from_regex(r"https://[a-z]{1,8}\.example/[a-z0-9/]{0,6}(\?a=[0-9]&b=[a-z])?", fullmatch=True)
TAGS = st.sampled_from("p div table tr td ul li h1 b i span blockquote section".split())


def _link(parts: tuple[str, str]) -> str:
    return f'<a href="{escape(parts[0])}">{escape(parts[1])}</a>'


HTML = st.recursive(
    WORDS.map(escape) | st.tuples(LINKS, WORDS).map(_link) | st.sampled_from(["<br>", "<hr>", "<br/>", "<!-- x -->"]),
    lambda inner: st.tuples(TAGS, st.lists(inner, max_size=4)).map(lambda of: f"<{of[0]}>{' '.join(of[1])}</{of[0]}>"),
    max_leaves=15,
)


class Said(HTMLParser):
    """What a page says and where it links to, as a browser sees it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link."""
        self.links += [value for name, value in attrs if name == "href" and value]

    def handle_data(self, data: str) -> None:
        """Note words."""
        self.words += data.split()


@given(HTML)
def test_no_tag_is_left_and_every_word_and_link_is_there(html: str) -> None:
    text, said = text_of_html(html), Said(html)
    assert not any(f"{mark}{tag}" in text for mark in ("<", "</") for tag in ("p", "div", "table", "td", "a ", "br"))
    assert [link for link in said.links if link not in text] == []
    assert [word for word in said.words if word not in text] == []


@given(st.text(max_size=200))
def test_any_text_at_all_is_read_without_an_error(html: str) -> None:
    assert text_of_html(html).endswith("\n")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo\n"),
        ("One<br>Two", "One\nTwo\n"),
        (
            "<table><tr><td>Due</td><td>€ 5</td></tr><tr><td>IBAN</td><td>NL91</td></tr></table>",
            "Due  € 5\nIBAN  NL91\n",
        ),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b\n"),
        ('<a href="https://x.example/?a=1&amp;b=2">Pay</a> now', "Pay <https://x.example/?a=1&b=2> now\n"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example\n"),
        ('<a href="https://x.example/"></a>', "https://x.example/\n"),
        ("<head><title>T</title><style>p{}</style></head><body>B</body>", "B\n"),
        ('<div style="display:none">preview</div><p>B</p>', "B\n"),
        ('<div style="display: none"><a href="https://x.example/">x</a></div>B', "https://x.example/\nB\n"),
        ("5 &lt; 6 &amp; 7", "5 < 6 & 7\n"),
        ("a\u00a0b", "a\u00a0b\n"),
        ("<p>open <b>and <i>crossed</b> over</i>", "open and crossed over\n"),
        ('<img src="cid:1" alt="Logo">', "Logo\n"),
    ],
)
def test_how_it_reads(html: str, text: str) -> None:
    assert text_of_html(html) == text
