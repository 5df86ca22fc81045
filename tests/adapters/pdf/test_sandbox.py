"""What an operator's template tries in vain: files, the network, the machine's insides, its time, its memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scaicontrol_adapters.mail.composer import compose_mail
from scaicontrol_adapters.pdf.composer import compose_html
from scaicontrol_adapters.pdf.engine import PdfEngine
from scaicontrol_adapters.pdf.fetcher import AssetFetcher
from scaicontrol_adapters.pdf.limits import RenderingLimits
from scaicontrol_adapters.pdf.pool import PooledRenderer
from scaicontrol_core.documents import TemplateSource
from scaicontrol_core.documents.errors import RenderingLimitExceeded, RenderingUnavailable, TemplateRejected
from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.mail_composing import MailOrder, MailTemplateSource
from scaicontrol_core.testing.documents import sample_invoice

if TYPE_CHECKING:
    from pathlib import Path

TIGHT = RenderingLimits(template_seconds=1, html_characters=200_000)

REFUSED = [
    "{% include '/etc/passwd' %}",
    "{% include '../../settings.py' %}",
    "{% include 'document.css' %}",
    "{% import 'os' as os %}",
    "{% extends '/etc/hostname' %}",
    "{% from '/etc/passwd' import root %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ seller.__init__.__globals__ }}",
    "{{ seller['__class__'] }}",
    "{{ seller|attr('__class__') }}",
    "{{ (seller|attr('__cl' ~ 'ass__')) }}",
    "{{ self.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__ }}",
    "{{ lipsum.__globals__['os'].environ }}",
    "{{ '{0.__class__.__mro__}'.format(seller) }}",
    "{{ '{a.__class__}'.format_map({'a': seller}) }}",
    "{{ line_items.append(1) }}",
    "{{ labels.update({}) }}",
    "{{ open('/etc/passwd') }}",
    "{{ config }}",
    "{% set x = 'x' * 1000000000 %}{{ x }}",
    "{{ [0] * 1000000000 }}",
    "{{ 2 ** 1000000000 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ 'x'|center(1000000000) }}",
    "{{ range(1000000000)|list }}",
    "{{ '%999999999d'|format(1) }}",
    "{{ '{:>999999999}'.format(1) }}",
    "{{ ('{:>999999999}'|attr('format'))(1) }}",
    "{{ 'x'.ljust(999999999)|length }}",
    "{{ 'x'|attr('zfill')(999999999)|length }}",
    "{{ '\t'.expandtabs(999999999)|length }}",
    "{{ totals.net.minor.to_bytes(999999999)|length }}",
    "{{ [1]|batch(999999999, 'x')|list|length }}",
    "{{ [1]|slice(999999999, 'x')|list|length }}",
    "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
]


@pytest.mark.parametrize("attack", REFUSED)
def test_the_attack_is_refused(attack: str) -> None:
    """With a reason, and without a trace in what is written."""
    with pytest.raises(TemplateRejected):
        compose_html(sample_invoice(), template=TemplateSource("attack", attack), limits=TIGHT)


@pytest.mark.parametrize("attack", REFUSED)
def test_it_is_refused_in_a_message_and_in_its_subject_too(attack: str) -> None:
    """Each way that a template goes has the same sandbox."""
    order = MailOrder(mail_type=MailType.INVOICE, document=sample_invoice())
    for template in (MailTemplateSource("attack", "x", attack), MailTemplateSource("attack", attack, "<p></p>")):
        with pytest.raises((TemplateRejected, RenderingLimitExceeded)):
            compose_mail(order, template=template, limits=TIGHT)


ENDLESS = [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% for a in range(99999) %}xxxxxxxxxxxxxxxxxxxx{% endfor %}",
    "{{ ((((10 ** 64) ** 64) ** 64) ** 64)|string|length }}",
    "{% for a in range(9999) %}{{ lipsum(n=5) }}{% endfor %}",
]


@pytest.mark.parametrize("attack", ENDLESS)
def test_what_would_not_end_is_stopped(attack: str) -> None:
    """By the clock or by the amount written, whichever comes first."""
    with pytest.raises(RenderingLimitExceeded):
        compose_html(sample_invoice(), template=TemplateSource("attack", attack), limits=TIGHT)


READS = [
    '<img src="{url}">',
    '<link rel="stylesheet" href="{url}">',
    '<link rel="attachment" href="{url}">',
    '<object data="{url}"></object>',
    '<iframe src="{url}"></iframe>',
    '<style>@import url("{url}");</style>',
    '<p style="background: url({url})">x</p>',
    '<svg width="9" height="9"><image href="{url}"/></svg>',
]


@pytest.mark.parametrize("attack", READS)
def test_no_file_is_read_into_a_page(attack: str, tmp_path: Path) -> None:
    """Whether the file is there or not makes no difference to a single byte."""
    secret = tmp_path / "secret.txt"
    secret.write_text("not for documents")
    template = TemplateSource("attack", attack.replace("{url}", secret.as_uri()))
    page = compose_html(sample_invoice(), template=template).html
    with_it = PdfEngine(RenderingLimits()).render(page, "attack")
    secret.unlink()
    assert PdfEngine(RenderingLimits()).render(page, "attack") == with_it


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "http://127.0.0.1/",
        "https://example.com/logo.png",
        "ftp://example.com/a",
        "//example.com/a",
        "/etc/passwd",
        f"asset:{'0' * 64}/none.png",
        "asset:../../etc/passwd",
    ],
)
def test_the_door_opens_for_no_other_address(url: str) -> None:
    """Everything a page reads goes through it."""
    with pytest.raises((ValueError, OSError)):
        AssetFetcher({}).fetch(url)


DOUBLING = (
    "{% set all = namespace(text='xxxxxxxx') %}"
    "{% for step in range(60) %}{% set all.text = all.text ~ all.text %}{% endfor %}{{ all.text }}"
)


async def test_a_template_that_eats_memory_ends_alone() -> None:
    """It fails in its worker; the next document is written as if nothing had been."""
    async with PooledRenderer(workers=1, memory_bytes=1024**3) as renderer:
        with pytest.raises((TemplateRejected, RenderingLimitExceeded, RenderingUnavailable)):
            await renderer.render_html(sample_invoice(), template=TemplateSource("attack", DOUBLING))
        written = await renderer.render_html(sample_invoice(), template=TemplateSource("fine", "{{ document.number }}"))
    assert sample_invoice()["number"] in written.html
