"""E-mails as their readers get them: every type, six languages, built-in templates and an operator's."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scaicontrol_adapters.mail.composer import built_in_source, compose_mail
from scaicontrol_adapters.mail.rendering import SandboxedMails
from scaicontrol_adapters.pdf.pool import PooledRenderer
from scaicontrol_core.documents.errors import TemplateRejected
from scaicontrol_core.documents.mail import MailType
from scaicontrol_core.documents.mail_composing import (
    FailureNotice,
    MailOrder,
    MailTemplateSource,
    ReminderNotice,
    TrialNotice,
)
from scaicontrol_core.documents.plain_text import text_of_html
from scaicontrol_core.kernel.money import Money
from scaicontrol_core.kernel.party import LANGUAGES
from scaicontrol_core.testing.documents import sample_credit_note, sample_invoice

GOLDEN = Path(__file__).parents[2] / "golden" / "mails"
LINK = "https://pay.example/i/1?a=1&b=2"


def order(mail_type: MailType, language: str = "nl", **changes: Any) -> MailOrder:
    """A message of a type, with everything it may say."""
    invoice = sample_invoice(language=language)
    reminder = ReminderNotice(open=Money(25_579, "EUR"), fee=Money(1_500, "EUR"), pay_by=date(2026, 3, 1))
    failure = FailureNotice(reason="Insufficient funds.", retry_on=date(2026, 2, 20))
    trial = TrialNotice(plan="ScaiKey Pro", ends_on=date(2026, 2, 14), price=Money(19_900, "EUR"))
    known: dict[MailType, dict[str, Any]] = {
        MailType.INVOICE: {"document": invoice},
        MailType.CREDIT_NOTE: {"document": sample_credit_note(language=language)},
        MailType.TRIAL_ENDING: {"parties": invoice, "notice": trial, "link": LINK},
        MailType.PAYMENT_FAILED: {"document": invoice, "notice": failure, "link": LINK},
    }
    usual = known.get(mail_type, {"document": invoice, "notice": reminder, "link": LINK})
    return MailOrder(mail_type=mail_type, **(usual | changes))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_type_reads_as_it_was_approved(language: str) -> None:
    """``SCAICONTROL_TEST_GOLDEN=write`` writes them anew, to be looked at."""
    pages = []
    for mail_type in MailType:
        made = compose_mail(order(mail_type, language))
        assert made.template == f"built-in/{mail_type.value}"
        pages.append(f"=== {mail_type.value}\nSubject: {made.subject}\n\n{text_of_html(made.html)}")
    golden, text = GOLDEN / f"{language}.txt", "\n".join(pages)
    if os.environ.get("SCAICONTROL_TEST_GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


@pytest.mark.parametrize("mail_type", MailType)
def test_nothing_in_a_mail_is_fetched_and_no_blank_is_left(mail_type: MailType) -> None:
    html = compose_mail(order(mail_type)).html
    assert not re.search(r"<(img|script|link|iframe|form)\b|url\(|@import|{[a-z_]+}", html)
    assert set(re.findall(r'href="([^"]+)"', html)) <= {"mailto:billing@scailabs.example", LINK.replace("&", "&amp;")}
    assert html.count("<table") == html.count("</table>")


def test_the_brand_s_colour_is_used_where_it_can_be_read() -> None:
    light = order(MailType.REMINDER_1, document=sample_invoice(seller={"brand_color": "#ffee00"}))
    html = compose_mail(light).html
    assert "border-top:4px solid #ffee00" in html
    assert "background-color:#ffee00" not in html, "white on yellow is no button"


def test_text_from_customers_stays_text() -> None:
    wild = sample_invoice(
        seller={"trading_name": "<b>A&B</b>\r\nBcc: x@y.example"}, buyer_reference="<script>x</script>"
    )
    made = compose_mail(order(MailType.INVOICE, document=wild))
    assert "<script>" not in made.html
    assert "<b>A&B" not in made.html
    assert made.subject == "Factuur SCAI-2026-000042 van <b>A&B</b> Bcc: x@y.example"


def test_nothing_is_asked_for_where_nothing_is_due() -> None:
    paid = {"net_cents": 19900, "tax_cents": 4179, "gross_cents": 24079, "prepaid_cents": 24079, "payable_cents": 0}
    text = text_of_html(compose_mail(order(MailType.INVOICE, document=sample_invoice(totals=paid))).html)
    assert "over te maken" not in text
    assert "IBAN" not in text


MINE = MailTemplateSource(
    name="mine@3",
    subject="{{ document.number }}: {{ amount }} & {{ seller.name }}",
    html="<h1>{{ text.heading }}</h1>"
    "{% for line in line_items %}<p>{{ line.description }} {{ line.net|money }}</p>{% endfor %}",
    css="h1 { color: red }",
)


def test_an_operator_s_template_sees_the_whole_document() -> None:
    made = compose_mail(order(MailType.INVOICE), template=MINE)
    assert (made.template, made.subject) == ("mine@3", "SCAI-2026-000042: € 240,79 & ScaiLabs")
    assert made.html.startswith('<!DOCTYPE html>\n<html lang="nl">')
    assert "<style>\nh1 { color: red }\n</style>" in made.html
    assert text_of_html(made.html) == "Uw factuur SCAI-2026-000042\n\nScaiKey Pro €\xa0199,00\n"


@pytest.mark.parametrize(
    ("subject", "html", "css"),
    [
        ("{{ nothing }}", "x", ""),
        ("x", "{{ nothing }}", ""),
        ("x", "{% if %}", ""),
        ("{{ ", "x", ""),
        ("x", "{{ seller.__class__.__mro__ }}", ""),
        ("x", "{% include '/etc/passwd' %}", ""),
        ("x", "{{ 'a' * 10**9 }}", ""),
        ("{{ ' ' }}", "x", ""),
        ("x", "x", "</style><script>"),
    ],
)
def test_a_wrong_template_is_refused(subject: str, html: str, css: str) -> None:
    with pytest.raises(TemplateRejected):
        compose_mail(order(MailType.INVOICE), template=MailTemplateSource("bad", subject, html, css))


def test_a_template_that_is_a_whole_page_stays_one() -> None:
    page = "<html><head><title>T</title></head><body>B</body></html>"
    made = compose_mail(order(MailType.INVOICE), template=MailTemplateSource("p", "s", page, "p { margin: 0 }"))
    assert made.html == page.replace("</head>", "<style>\np { margin: 0 }\n</style>\n</head>")


def test_built_in_templates_are_found_by_name_alone() -> None:
    assert all(built_in_source(f"{mail_type.value}.html") for mail_type in MailType)
    assert built_in_source("../composer.py") is None


async def test_an_operator_s_template_runs_in_a_process_of_its_own() -> None:
    async with PooledRenderer(workers=1) as pool:
        mails = SandboxedMails(pool)
        assert await mails.render_mail(order(MailType.INVOICE), MINE) == compose_mail(
            order(MailType.INVOICE), template=MINE
        )
        with pytest.raises(TemplateRejected):
            await mails.render_mail(order(MailType.INVOICE), MailTemplateSource("bad", "{{ x }}", "x"))


async def test_the_port_composes_here_what_is_built_in() -> None:
    renderer = SandboxedMails(object())
    assert (await renderer.render_mail(order(MailType.INVOICE))).template == "built-in/email_invoice"
    assert (await renderer.render_mail(order(MailType.INVOICE), MINE)).template == "mine@3"
