"""Sources written to keep their reader busy: a check is over in no time, whatever it is given to check.

What is read here is read by the API's own process; what has to be run is run by a renderer's, within limits.
"""

from __future__ import annotations

import pytest

from scaicontrol_adapters.mail.composer import compose_mail
from scaicontrol_adapters.pdf.composer import compose_html
from scaicontrol_adapters.pdf.inspector import JinjaInspector
from scaicontrol_adapters.pdf.limits import deadline
from scaicontrol_core.documents import TemplateSource
from scaicontrol_core.documents.errors import RenderingLimitExceeded, TemplateRejected
from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.mail_composing import MailOrder, MailTemplateSource
from scaicontrol_core.documents.plain_text import text_of_html
from scaicontrol_core.documents.templates.markup import css_faults, html_faults
from scaicontrol_core.documents.templates.template import MAX_SOURCE
from scaicontrol_core.testing.documents import sample_invoice

#: Each is done in a fraction of it; with work that grows by the square it would be hours.
SECONDS = 10
INSPECTOR = JinjaInspector()

DEEP = {
    "brackets": "{{ " + "(" * 9_000 + "1" + ")" * 9_000 + " }}",
    "conditions": "{% if x %}" * 3_000 + "{% endif %}" * 3_000,
    "loops": "{% for a in x %}" * 30 + "{% endfor %}" * 30,
    "negations": "{{ " + "not " * 9_000 + "x }}",
    "filters": "{{ x" + "|e" * 9_000 + " }}",
    "braces": "{{" * 200_000,
}
#: Sixty-eight thousand million letters, if anybody worked it out.
CONSTANT = "{{ 'aaaaaaaa'" + "|replace('a', 'aaaaaaaa')" * 11 + " }}"


@pytest.mark.parametrize("shape", DEEP)
def test_what_is_nested_without_end_is_a_finding_and_no_crash(shape: str) -> None:
    (found,) = INSPECTOR.inspect(DEEP[shape], {"x"})
    assert "nested too deeply" in found.message


@pytest.mark.parametrize("shape", DEEP)
def test_nor_does_it_crash_a_renderer(shape: str) -> None:
    with pytest.raises(TemplateRejected):
        compose_html(sample_invoice(), template=TemplateSource("deep", DEEP[shape]))
    with pytest.raises(TemplateRejected):
        compose_mail(
            MailOrder(mail_type=MailType.INVOICE, document=sample_invoice()),
            template=MailTemplateSource("deep", "x", DEEP[shape]),
        )


def test_reading_a_template_computes_nothing() -> None:
    with deadline(SECONDS, "The check"):
        assert INSPECTOR.inspect(CONSTANT, set()) == []
        (unknown,) = INSPECTOR.inspect("{{ 'a'|nosuchfilter }}", set())
    assert "nosuchfilter" in unknown.message


BLANKS = " " * MAX_SOURCE
SOURCES = [
    f"url({BLANKS}", f"<{BLANKS}", f"<a src={BLANKS}", f"<img src{BLANKS}", "<meta " * (MAX_SOURCE // 6),
    "< " * (MAX_SOURCE // 2), "url( " * (MAX_SOURCE // 5), "<" + " ona" * (MAX_SOURCE // 4), f"javascript{BLANKS}",
    f"expression{BLANKS}", f"</{BLANKS}", "<a on" + "a" * MAX_SOURCE,
]  # fmt: skip


@pytest.mark.parametrize("source", SOURCES, ids=[source[:12].strip() for source in SOURCES])
def test_no_pattern_runs_for_hours(source: str) -> None:
    with deadline(SECONDS, "The check"):
        html_faults(source, printed=True)
        css_faults(source)


PAGES = {
    "comments": "<!--" * 200_000,
    "instructions": "<?" * 200_000,
    "tags": "<a " * 130_000,
    "values": "<a b='" * 60_000,
    "blanks": "<b> </b>" * 100_000,
    "ends": "<div>" * 60_000 + "</p>" * 60_000,
    "links": "<a href=x>y" * 60_000,
    "depth": "<div>" * 100_000,
}


@pytest.mark.parametrize("shape", PAGES)
def test_no_page_takes_for_ever_to_be_read_as_text(shape: str) -> None:
    with deadline(SECONDS, "The text"):
        text_of_html(PAGES[shape])


def test_a_message_has_a_length() -> None:
    letter = MailTemplateSource("long", "x", "{% for a in range(99999) %}{{ 'x'|e }}{{ seller.name }}{% endfor %}" * 9)
    with pytest.raises(RenderingLimitExceeded):
        compose_mail(MailOrder(mail_type=MailType.INVOICE, document=sample_invoice()), template=letter)
