"""A browser parses the disguised template and writes it anew: what is decoded then renders the same."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any
from xml.etree import ElementTree  # noqa: ICN001 - one name for it is enough

import pytest
import tinyhtml5  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment
from lxml import html

from scaicontrol_core.documents.jinja_encoding import decode, encode, from_canvas

_JINJA = Environment(autoescape=True)
_CONTEXTS: list[dict[str, Any]] = [
    {"x": x, "lines": lines, "name": "A & B <c> \"d\" 'e'"}
    for x in (True, False)
    for lines in ([], [{"net": "1 < 2", "note": ""}], [{"net": "a", "note": "n"}, {"net": "b&c", "note": "--x"}])
]


def by_the_standard(body: str) -> str:
    """Parse and write as a browser does (WHATWG HTML)."""
    tree = tinyhtml5.parse(f"<!DOCTYPE html><body>{body}</body>", namespace_html_elements=False)
    return _inside(tree.find("body"))


def _inside(element: Any) -> str:
    """Serialise as the standard says: a comment's text is written as it is."""
    return escape(element.text or "", quote=False) + "".join(
        _written(child) + escape(child.tail or "", quote=False) for child in element
    )


def _written(element: Any) -> str:
    if element.tag is ElementTree.Comment:
        return f"<!--{element.text}-->"
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in element.attrib.items())
    return f"<{element.tag}{attributes}>{_inside(element)}</{element.tag}>"


def by_libxml(body: str) -> str:
    """Parse and write as libxml2 does."""
    written: str = html.tostring(html.fromstring(f"<main>{body}</main>"), encoding="unicode")
    return written


def rendered(template: str, context: dict[str, Any]) -> str:
    """Render, and let the browser settle how markup is spelt."""
    return by_the_standard(_JINJA.from_string(template).render(context))


_EXPRESSION = st.sampled_from(["{{ name }}", "{{- name -}}", "{{ '<i>' }}", "{{ lines|length > 1 }}", "{{ 'a--b' }}"])
_IN_TAG = st.sampled_from(
    ["", ' class="a {% if x %}b{% endif %}"', " {% if x %}hidden{% endif %}", ' title="{{ name }}"', " id={{ 'q' }}",
     ' data-n="{{ lines|length }}" {%- if not x %} lang="nl"{% endif %}']
)  # fmt: skip
_WORD = st.sampled_from(
    ["", "word", " two words ", "&amp;", "é€", "{# said -- so #}", "{% raw %}{{ raw }}{% endraw %}"]
)
_CELL = st.sampled_from(["{{ line.net }}", "{% if line.note > '' %}{{ line.note }}{% endif %}", "-"])


@st.composite
def _row(draw: st.DrawFn) -> str:
    """A row, perhaps on a condition; so its cells."""
    cells = "".join(
        f"{{%- if x -%}}<td>{cell}</td>{{%- endif -%}}" if guarded else f"<td>{cell}</td>"
        for cell, guarded in draw(st.lists(st.tuples(_CELL, st.booleans()), min_size=1, max_size=3))
    )
    row = f"<tr{draw(_IN_TAG)}>{cells}</tr>"
    return f"{{% if line.note or x %}}{row}{{% endif %}}" if draw(st.booleans()) else row


@st.composite
def _table(draw: st.DrawFn) -> str:
    """A table that loops over its rows, with all that may stand between them."""
    rows = "".join(draw(st.lists(_row(), min_size=1, max_size=3)))
    head = draw(st.sampled_from(["", "<caption>{{ name }}</caption>", "<thead><tr><th>N</th></tr></thead>"]))
    return (
        f"<table>{head}<tbody>{{% for line in lines %}}{rows}"
        "{% else %}<tr><td>none</td></tr>{% endfor %}</tbody></table>"
    )


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(_IN_TAG, inner).map(lambda part: f"<div{part[0]}>{part[1]}</div>"),
        inner.map(lambda text: f"{{% if x and 1 < 2 %}}{text}{{% else %}}<b>no</b>{{% endif %}}"),
        inner.map(lambda text: f"{{% for line in lines %}}<section>{text}</section>{{% endfor %}}"),
    )


_TEMPLATES = st.recursive(st.one_of(_WORD, _EXPRESSION, _table()), _grown, max_leaves=8)


@pytest.mark.parametrize("canvas", [by_the_standard, by_libxml])
@settings(deadline=None)
@given(template=_TEMPLATES)
def test_what_a_browser_wrote_anew_renders_the_same(canvas: Callable[[str], str], template: str) -> None:
    """Loops over rows, conditions around cells, within tags and within values."""
    again = decode(canvas(encode(template)))
    if canvas is by_libxml:
        template = f"<main>{template}</main>"
    for context in _CONTEXTS:
        assert rendered(again, context) == rendered(template, context)


@settings(deadline=None)
@given(template=_TEMPLATES)
def test_a_second_time_in_the_canvas_changes_nothing_more(template: str) -> None:
    """Opening and saving without a change is no new version."""
    saved = from_canvas(by_the_standard(encode(template)))
    assert from_canvas(by_the_standard(encode(saved))) == saved
