"""What a template may name, read from the typed context: for the designer's picker, the reference, and checks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from attrs import fields, frozen, has

from scaicontrol_core.documents.branding import Branding
from scaicontrol_core.documents.context import (
    BuyerContext,
    DateSpan,
    InvoiceContext,
    PriceContext,
    SellerContext,
)
from scaicontrol_core.documents.labels import Labels
from scaicontrol_core.documents.mail_composing import FailureNotice, ReminderNotice, TrialNotice
from scaicontrol_core.documents.mail_words import MailText
from scaicontrol_core.documents.templates.template import TemplateType
from scaicontrol_core.kernel.money import Money

#: How a value is best written; percentages are the decimals called ``rate``.
_FILTERS: Final[dict[Any, str]] = {
    Money: "money",
    PriceContext: "money",
    date: "date",
    DateSpan: "span",
    Decimal: "quantity",
}
#: Shown as one value, whatever they are made of.
_WHOLE: Final = (Money,)
#: The one rate that is no percentage.
_EXCHANGE_RATE: Final = "vat_accounting.rate"
_MAIL: Final[dict[str, Any]] = {
    "mail_type": str,
    "language": str,
    "seller": SellerContext,
    "buyer": BuyerContext,
    "branding": Branding,
    "labels": Labels,
    "link": str | None,
    "amount": str | None,
    "text": MailText,
}
_NOTICES: Final[dict[TemplateType, tuple[str, Any]]] = {
    TemplateType.EMAIL_TRIAL_ENDING: ("trial", TrialNotice),
    TemplateType.EMAIL_PAYMENT_FAILED: ("failure", FailureNotice),
    TemplateType.EMAIL_REMINDER_1: ("reminder", ReminderNotice),
    TemplateType.EMAIL_REMINDER_2: ("reminder", ReminderNotice),
    TemplateType.EMAIL_REMINDER_3: ("reminder", ReminderNotice),
}


@frozen(kw_only=True)
class Variable:
    """One thing a template may name. ``path`` has ``[]`` behind a list; ``filter`` is the one to write it with."""

    path: str
    kind: str
    optional: bool
    filter: str | None
    description: str | None


@lru_cache(maxsize=16)
def variables_of(document_type: TemplateType) -> tuple[Variable, ...]:
    """Return all that a template of a type may name, groups before their parts."""
    return tuple(
        variable for name, kind in _roots(document_type).items() for variable in _walk(name, kind, name_of_part=name)
    )


@lru_cache(maxsize=16)
def names_of(document_type: TemplateType) -> frozenset[str]:
    """Return the names at the top: those that a template may begin a path with.

    An e-mail's notices are known to every e-mail, and None where it is about something else.
    """
    noticed = frozenset() if document_type.is_printed else frozenset(name for name, _ in _NOTICES.values())
    return frozenset(_roots(document_type)) | noticed


def _roots(document_type: TemplateType) -> dict[str, Any]:
    document = get_type_hints(InvoiceContext)
    if document_type.is_printed:
        return document
    notice = _NOTICES.get(document_type)
    own = _MAIL | (dict([notice]) if notice else {})
    return own if document_type is TemplateType.EMAIL_TRIAL_ENDING else document | own


def _walk(path: str, kind: Any, *, name_of_part: str) -> Iterator[Variable]:
    kind, optional = _without_none(kind)
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        yield from _walk(f"{path}[]", inner, name_of_part=name_of_part)
        return
    is_group = has(kind) and kind not in _WHOLE
    yield Variable(
        path=path,
        kind=_kind(kind),
        optional=optional,
        filter="quantity" if path == _EXCHANGE_RATE else _filter(kind, name_of_part),
        description=(kind.__doc__ or "").strip().split("\n")[0] if is_group else None,
    )
    if is_group:
        hints = get_type_hints(kind)
        for attribute in fields(kind):
            yield from _walk(f"{path}.{attribute.name}", hints[attribute.name], name_of_part=attribute.name)


def _without_none(kind: Any) -> tuple[Any, bool]:
    if get_origin(kind) not in {Union, UnionType}:
        return kind, False
    others = [each for each in get_args(kind) if each is not NoneType]
    return others[0], len(others) < len(get_args(kind))


def _kind(kind: Any) -> str:
    names = {str: "text", int: "number", bool: "yes or no", Decimal: "decimal", date: "date", Money: "amount"}
    if kind in names:
        return names[kind]
    return "group" if has(kind) else "text by name"


def _filter(kind: Any, name: str) -> str | None:
    if kind is Decimal and name == "rate":
        return "percent"
    if kind is str and name == "country_code":
        return "country"
    if kind is str and name in {"iban", "creditor_reference"}:
        return "iban"
    if kind is str and name == "qr":
        return "qr"
    return _FILTERS.get(kind)
