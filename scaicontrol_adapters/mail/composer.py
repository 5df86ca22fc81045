"""From an order to a message's subject and HTML, with the built-in template or an operator's own."""

from __future__ import annotations

from contextlib import nullcontext
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import attrs
from jinja2 import FunctionLoader, Template, TemplateError, TemplateSyntaxError

from scaicontrol_adapters.pdf.limits import RenderingLimits, deadline
from scaicontrol_adapters.pdf.sandbox import environment
from scaicontrol_core.documents.context import InvoiceContext
from scaicontrol_core.documents.errors import RenderingLimitExceeded, TemplateRejected
from scaicontrol_core.documents.mail import one_line
from scaicontrol_core.documents.mail_composing import (
    MailContext,
    MailOrder,
    MailTemplateSource,
    RenderedMail,
    mail_context,
)
from scaicontrol_core.documents.mail_words import without_attachments, written
from scaicontrol_core.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jinja2 import Environment

#: The subject of a built-in template: the wording has it.
_BUILT_IN_SUBJECT = "{{ text.subject }}"
#: Longest subject: a header line of RFC 5322.
_MAX_SUBJECT = 250


def compose_mail(
    order: MailOrder, *, template: MailTemplateSource | None = None, limits: RenderingLimits | None = None
) -> RenderedMail:
    """Write a message in its order's language.

    Raises ``DocumentUnreadable``, ``TemplateRejected``, ``RenderingLimitExceeded``.
    """
    context = mail_context(order)
    limits = limits or RenderingLimits()
    name = f"built-in/{order.mail_type.value}" if template is None else template.name
    variables = mail_variables(context)
    with deadline(limits.template_seconds, f"The template {name}") if template else nullcontext():
        html = _write(_body(context, template), name, variables, limits)
        subject = _write(_subject(context, template), name, variables, limits)
    if template is not None:
        html = _framed(html, template, variables)
    shown = one_line(subject)
    if not shown:
        raise TemplateRejected(name, "the subject is empty")
    return RenderedMail(subject=shown[:_MAX_SUBJECT], html=html, template=name)


def mail_variables(context: MailContext) -> dict[str, Any]:
    """Return what an e-mail's template may name: the document's context, and what the message is about.

    ``text`` are the built-in words, filled in; ``amount`` the sum that the message is about.
    """
    shown: dict[str, Any] = {}
    if context.invoice is not None:
        shown = {each.name: getattr(context.invoice, each.name) for each in attrs.fields(InvoiceContext)}
    names = ("mail_type", "language", "seller", "buyer", "branding", "labels", "trial", "failure", "reminder", "link")
    shown |= {name: getattr(context, name) for name in names}
    facts = _facts(context)
    text = written(context.wording, context.mail_type, facts)
    return shown | {"amount": facts["amount"], "text": text if context.invoice else without_attachments(text)}


def built_in_source(name: str) -> str | None:
    """Return one of the package's own e-mail templates by its file name; None for an unknown one."""
    if name not in _names():
        return None
    return (resources.files("scaicontrol_adapters.mail") / "templates" / name).read_text("utf-8")


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    folder = resources.files("scaicontrol_adapters.mail") / "templates"
    return frozenset(each.name for each in folder.iterdir() if each.name.endswith(".html"))


@lru_cache(maxsize=16)
def _html_environment(language: str) -> Environment:
    """Return the sandbox of documents, over the templates of e-mails."""
    return environment(language).overlay(loader=FunctionLoader(built_in_source))


@lru_cache(maxsize=16)
def _subject_environment(language: str) -> Environment:
    """Return the same for subjects, which are no HTML: nothing is escaped."""
    return environment(language).overlay(loader=FunctionLoader(built_in_source), autoescape=False)


def _body(context: MailContext, template: MailTemplateSource | None) -> Template:
    sandbox = _html_environment(context.language)
    if template is None:
        return sandbox.get_template(f"{context.mail_type.value}.html")
    return _parsed(sandbox, template.html, template.name)


def _subject(context: MailContext, template: MailTemplateSource | None) -> Template:
    sandbox = _subject_environment(context.language)
    return _parsed(sandbox, template.subject if template and template.subject else _BUILT_IN_SUBJECT, "subject")


def _parsed(sandbox: Environment, source: str, name: str) -> Template:
    try:
        return sandbox.from_string(source)
    except TemplateSyntaxError as wrong:
        raise TemplateRejected(name, str(wrong.message), wrong.lineno) from None
    except (RecursionError, SyntaxError, MemoryError):  # of Python's own compiler
        raise TemplateRejected(name, "it is nested too deeply") from None


def _write(template: Template, name: str, variables: Mapping[str, Any], limits: RenderingLimits) -> str:
    pieces: list[str] = []
    size = 0
    try:
        for piece in template.generate(**variables):
            pieces.append(piece)
            size += len(piece)
            if size > limits.mail_characters:
                break
    except TemplateError as wrong:
        raise TemplateRejected(name, str(wrong.message)) from None
    except Exception as wrong:  # noqa: BLE001 - whatever a template's expressions raise is the template's fault
        raise TemplateRejected(name, f"{type(wrong).__name__}: {wrong}") from None
    if size > limits.mail_characters:
        raise RenderingLimitExceeded(f"The template {name} wrote more than {limits.mail_characters} characters.")
    return "".join(pieces)


def _framed(html: str, template: MailTemplateSource, variables: Mapping[str, Any]) -> str:
    """Make an operator's template a whole page, with its styles; one that is whole already stays."""
    if "</style" in template.css.lower():
        raise TemplateRejected(template.name, "a stylesheet may not close the style element")
    style = f"<style>\n{template.css}\n</style>\n" if template.css.strip() else ""
    if "<html" in html[:1000].lower():
        head_end = html.lower().find("</head>")
        return html if head_end < 0 else html[:head_end] + style + html[head_end:]
    language = variables["language"]
    head = f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n{style}</head>\n'
    return f"{head}<body>\n{html}\n</body>\n</html>\n"


def _facts(context: MailContext) -> dict[str, str | None]:
    """Return what the built-in words speak of, written for people."""
    filters = environment(context.language).filters
    money, day = filters["money"], filters["date"]
    facts: dict[str, str | None] = {"seller": context.seller.name, "contact": context.seller.email, "amount": None}
    if context.invoice is not None:
        facts |= _document_facts(context.invoice, money, day)
    if context.trial is not None:
        facts |= {"plan": context.trial.plan, "ends_on": day(context.trial.ends_on)}
        facts["price"] = money(context.trial.price) if context.trial.price else None
    if context.failure is not None:
        facts["reason"] = (context.failure.reason or "").rstrip(". ") or None
        facts["retry_on"] = day(context.failure.retry_on) if context.failure.retry_on else None
    if context.reminder is not None:
        facts["amount"] = money(context.reminder.open)
        facts["fee"] = money(context.reminder.fee) if context.reminder.fee else None
        facts["pay_by"] = day(context.reminder.pay_by) if context.reminder.pay_by else None
    return facts


def _document_facts(
    invoice: InvoiceContext, money: Callable[[Any], str], day: Callable[[Any], str]
) -> dict[str, str | None]:
    document, payment, totals = invoice.document, invoice.payment, invoice.totals
    asked = payment.amount if payment else Money(abs(totals.gross.minor), totals.gross.currency)
    return {
        "number": document.number,
        "referenced_number": document.referenced_number,
        "reason": (document.reason or "").rstrip(". ") or None,
        "issue_date": day(document.issue_date) if document.issue_date else None,
        "due_date": day(document.due_date) if document.due_date else None,
        "amount": money(asked),
        "reference": (payment.reference or document.number) if payment else None,
    }
