"""Whatever a template says, the designer's disguise comes off without a trace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from scaicontrol_core.documents.jinja_encoding import decode, encode, from_canvas

_WORDS = st.sampled_from(
    ["x", "lines", "buyer.vat_number", "a < b", "a > 1 and b", "'%}'", '"-->"', "{'a': {}}", "n - -1"]
)
_TRIM = st.sampled_from(["", "-", "+"])


@st.composite
def _expression(draw: st.DrawFn) -> str:
    return "{{" + draw(_TRIM) + f" {draw(_WORDS)}|money " + draw(st.sampled_from(["", "-"])) + "}}"


@st.composite
def _control(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    opened, closed = draw(
        st.sampled_from([("if {}", "endif"), ("for line in {}", "endfor"), ("with y = {}", "endwith")])
    )
    before, after = draw(_TRIM), draw(_TRIM)
    return f"{{%{before} {opened.format(draw(_WORDS))} {after}%}}{draw(inner)}{{% {closed} %}}"


_REMARK = st.text("ab-<>!#& ", max_size=8).map(lambda text: "{#" + text + "#}")
_RAW = st.text("ab{}% <>", max_size=8).map(lambda text: "{% raw %}" + text + "{% endraw %}")
_ODD = st.sampled_from(
    [
        "<!--JS:if x-->",
        "<!-- plain -->",
        "_J41_",
        "_J",
        "<!--",
        "-->",
        "{%",
        "{{",
        "#}",
        "<b ",
        "'",
        '"',
        ">",
        "=",
        "\r\n",
        "data-jinja-token-1-b-41",
        "<!-- {% if x %} -->",
        "é€",
    ]
)
_LEAF = st.one_of(st.text(max_size=6), _expression(), _REMARK, _RAW, _ODD)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, max_size=4).map("".join),
        _control(inner),
        inner.map(lambda text: f"<p>{text}</p>"),
        inner.map(lambda text: f'<p class="{text}" id=q>'),
        inner.map(lambda text: f"<tr {text}>"),
        inner.map(lambda text: f"<style>{text}</style>"),
        inner.map(lambda text: f"<table>{{% for l in lines %}}<tr><td>{text}</td></tr>{{% endfor %}}</table>"),
    )


@given(st.recursive(_LEAF, _grown, max_leaves=12))
def test_the_disguise_comes_off_without_a_trace(template: str) -> None:
    """Structured templates with everything odd in them."""
    assert decode(encode(template)) == template


@given(st.text("{}%#-<>!\"'/= \nJSCX:_abtr", max_size=60))
def test_even_of_what_is_no_template_at_all(template: str) -> None:
    """Characters thrown together."""
    assert decode(encode(template)) == template


@pytest.mark.parametrize(
    ("template", "encoded"),
    [
        ("{% if x %}foo{% endif %}", "<!--JS:if x-->foo<!--JS:endif-->"),
        ("{# comment #}", "<!--JC:comment-->"),
        ("<p>{{ total|money }}</p>", "<p>{{ total|money }}</p>"),
        ('<a href="{{ url }}">', '<a href="{{ url }}">'),
    ],
)
def test_what_the_designer_sees(template: str, encoded: str) -> None:
    """The plain forms are the documented ones."""
    assert encode(template) == encoded


_PAGE = (
    '<div class="a {% if reverse_charge %}rc{% endif %}" title="{{ name }}">'
    "<table><thead><tr><th>No</th></tr></thead><tbody>"
    "{% for line in line_items %}<tr {% if line.negative %}hidden{% endif %}><td>{{ line.net|money }}</td></tr>"
    "{%- if line.note > 0 %}<tr><td>{# -- said -- #}{{ line.note }}</td></tr>{% endif -%}{% endfor %}"
    "</tbody></table>{% if a < b and c == '-->' %}<p>{{ '<b>' }}</p>{% endif %}</div>"
)


def test_a_parser_may_write_it_anew() -> None:
    """Loops over rows, conditions within tags and values: all where they were."""
    written = html.tostring(html.fromstring(encode(_PAGE)), encoding="unicode")
    assert decode(written) == _PAGE


def test_the_canvas_keeps_its_decoration_to_itself() -> None:
    """The dashed border around conditions is the canvas's."""
    assert from_canvas('<!--JS:if x--><p data-jinja-cond="if x" class="a">b</p><!--JS:endif-->') == (
        '{% if x %}<p class="a">b</p>{% endif %}'
    )
