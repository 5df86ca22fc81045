"""Arguments for any use case, made from its annotations: every id in them is one that the test names."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, NewType, Union, get_args, get_origin

import attrs
from attrs import frozen

from scaicontrol_adapters.annotations import resolve
from scaicontrol_adapters.calling import Call, is_function
from scaicontrol_adapters.serialization import to_plain
from scaicontrol_core.audit.subject import INVOICE, Subject
from scaicontrol_core.audit.use_cases.read_history import ReadHistory
from scaicontrol_core.kernel.editing import UNSET

#: Texts that must mean something, by the name of their field or argument.
TEXTS: Mapping[str, str] = {
    "period": "2026-01",
    "plan_key": "mail.pro",
    "country_code": "NL",
    "currency": "EUR",
    "name": "acme",
    "service": "mail",
    "invoice_number_prefix": "SMP",
    "pack_slug": "office",
    "content": "AAAA",
}
#: Arguments that must mean something to one use case alone.
SPECIAL: Mapping[str, Mapping[str, Any]] = {
    "GetPack": {"name": "office"},
    "DeactivatePack": {"name": "office"},
    "ReadEInvoice": {"einvoice_format": "ubl"},
    "ReadCatalogueHistory": {"subject": "plan", "key": "mail.pro"},
}
_NOTHING = type(None)


@frozen
class Arguments:
    """Builds arguments as JSON; ``ids`` by the name of their type, ``TenantId`` say."""

    ids: Mapping[str, str]

    def of(self, use_case: type[Any]) -> dict[str, Any]:
        """Return the arguments that are needed, and those that name an id."""
        made: dict[str, Any] = {
            name: self.value(each.annotation, name)
            for name, each in Call.of(use_case).parameters.items()
            if not is_function(each.annotation) and (each.default is each.empty or self.names(each.annotation))
        }
        if use_case is ReadHistory:
            made |= {"subject": to_plain(INVOICE, Subject), "resource_id": self.ids["InvoiceId"]}
        return {**made, **SPECIAL.get(use_case.__name__, {})}

    def names(self, kind: Any) -> bool:
        """Tell whether a type has a place for one of the ids, at any depth."""
        if isinstance(kind, NewType):
            return kind.__name__ in self.ids
        if _is_attrs(kind):
            resolve(kind)
            return any(each.init and self.names(each.type) for each in attrs.fields(kind))
        return any(self.names(each) for each in get_args(kind))

    def value(self, kind: Any, name: str) -> Any:
        """Return a value of a type."""
        origin = get_origin(kind)
        if isinstance(kind, NewType):
            return self.ids.get(kind.__name__) or self.value(kind.__supertype__, name)
        if origin in {Union, types.UnionType}:
            choices = [each for each in get_args(kind) if each is not _NOTHING and UNSET not in get_args(each)]
            named = [each for each in choices if self.names(each)]
            if not named and _NOTHING in get_args(kind):
                return None
            return self.value((named or choices)[0], name)
        if origin in {list, tuple, Sequence, frozenset}:
            inner = get_args(kind)[0]
            return [self.value(inner, name)]
        if origin in {dict, Mapping} or kind in {Any, object}:
            return {}
        if _is_attrs(kind):
            return self._fields(kind)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return next(iter(kind)).value
        return _SCALARS[kind] if kind is not str else TEXTS.get(name, "x")

    def _fields(self, kind: Any) -> dict[str, Any]:
        resolve(kind)
        if kind.__name__ == "Period":
            return {"start": "2026-01-01", "end": "2026-02-01"}
        return {
            each.name: self.value(each.type, each.name)
            for each in attrs.fields(kind)
            if each.init and (each.default is attrs.NOTHING or self.names(each.type))
        }


_SCALARS: Mapping[Any, Any] = {
    int: 1,
    bool: False,
    bytes: "AAAA",
    Decimal: "1",
    date: "2026-01-31",
    datetime: "2026-01-31T00:00:00Z",
    timedelta: 60_000_000,
}


def _is_attrs(kind: Any) -> bool:
    return isinstance(kind, type) and attrs.has(kind)


def types_within(kind: Any) -> set[str]:
    """Return the names of all classes that a type is made of, at any depth."""
    return {each.__name__ for each in _all_within(kind, {})}


def classes_within(kind: Any) -> set[Any]:
    """Return the attrs classes that a type is made of, at any depth."""
    return {each for each in _all_within(kind, {}) if attrs.has(each)}


def _all_within(kind: Any, met: dict[Any, None]) -> dict[Any, None]:
    for each in get_args(kind):
        _all_within(each, met)
    own = get_origin(kind) or kind
    if isinstance(own, type) and own not in met:
        met[own] = None
        if attrs.has(own):
            resolve(own)
            for each in attrs.fields(own):
                if each.init:
                    _all_within(each.type, met)
    return met
