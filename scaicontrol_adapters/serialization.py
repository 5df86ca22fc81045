"""The one cattrs converter: core values as JSON values and back, strictly and without loss.

Amounts are integers, fractions and dates are texts, bytes are base64; an attrs class is an object
of its fields, of which those that are ``UNSET`` are left out. Reading takes nothing for something
else: no text for a number, no field that the class does not have; constructors validate.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum, IntEnum, StrEnum
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.cols import homogenous_tuple_structure_factory
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from scaicontrol_adapters.annotations import resolve
from scaicontrol_adapters.plain_errors import error_from, error_to
from scaicontrol_adapters.plain_values import from_any, to_any
from scaicontrol_core.audit.projection import REDACTED, redact
from scaicontrol_core.billing.claiming import Sharing
from scaicontrol_core.billing.finalizing import FinalizeOrder
from scaicontrol_core.delivery.webhook_terms import WebhookTerms
from scaicontrol_core.kernel.clock import rfc3339
from scaicontrol_core.kernel.editing import UNSET
from scaicontrol_core.kernel.errors import FieldError, Invalid, ScaiControlError
from scaicontrol_core.kernel.quantity import plain
from scaicontrol_core.tenancy.seller import PartnerConfiguration

#: Written out, a larger exponent would fill the memory.
_MOST_DIGITS = 100
#: What a caller has no say in: never written, never read. Whose request it was, how long a worker keeps others out.
WITHHELD: Mapping[Any, frozenset[str]] = {FinalizeOrder: frozenset({"request_id"}), Sharing: frozenset({"lease"})}
_MICROSECOND = timedelta(microseconds=1)


def to_plain(value: Any, kind: Any, *, redacted: bool = False) -> Any:
    """Return a value of a declared type as JSON; ``redacted``: without the secrets of a partner's providers."""
    return _converter(redacted=redacted).unstructure(value, unstructure_as=kind)


def from_plain(raw: Any, kind: Any) -> Any:
    """Return the value of a declared type that JSON stands for.

    Raises whatever the value's own constructor does, and ``Invalid`` (``invalid_body``) with a
    pointer for what has another shape.
    """
    try:
        return _converter(redacted=False).structure(raw, kind)
    except BaseValidationError as wrong:
        raise _as_invalid(wrong) from None
    except (ValueError, TypeError, KeyError) as wrong:
        raise _wrong_shape([FieldError("", _sentence(wrong))]) from None


def is_unset(kind: Any) -> bool:
    """Tell whether a type has ``UNSET`` among its values."""
    return get_origin(kind) in {Union, UnionType} and any(
        get_origin(each) is Literal and UNSET in get_args(each) for each in get_args(kind)
    )


@cache
def _converter(*, redacted: bool) -> Converter:
    made = Converter(forbid_extra_keys=True, detailed_validation=True)
    _register_scalars(made)
    _register_collections(made)
    _register_errors(made)
    made.register_structure_hook_func(is_unset, lambda raw, kind: made.structure(raw, _without_unset(kind)))
    made.register_unstructure_hook_factory(is_unset, lambda kind: made.get_unstructure_hook(_without_unset(kind)))
    made.register_structure_hook_func(_is_anything, lambda raw, _: from_any(raw))
    made.register_unstructure_hook_func(_is_anything, to_any)
    made.register_structure_hook_func(_is_free, lambda raw, _: from_any(_require(raw, dict)))
    made.register_unstructure_hook_func(_is_free, to_any)
    made.register_structure_hook_factory(_is_attrs, lambda kind: _structure_class(made, kind))
    made.register_unstructure_hook_factory(_is_attrs, lambda kind: _unstructure_class(made, kind))
    if redacted:
        made.register_unstructure_hook_func(_is_configuration, _redacting(made))
        made.register_unstructure_hook(WebhookTerms, _without_header_values(made))
    return made


def _redacting(made: Converter) -> Callable[[Any], Any]:
    write = _unstructure_class(made, PartnerConfiguration)
    return lambda value: redact(write(value))


def _without_header_values(made: Converter) -> Callable[[WebhookTerms], Any]:
    """A header may be a token: which there are may be shown, what they say may not."""
    write = _unstructure_class(made, WebhookTerms)
    return lambda terms: write(terms) | {"headers": dict.fromkeys(terms.headers, REDACTED)}


def _is_configuration(kind: Any) -> bool:
    return kind is PartnerConfiguration


def _register_scalars(made: Converter) -> None:
    for kind in (int, str, bool):
        # An enum of texts is a text as well: it comes this way too.
        made.register_structure_hook(kind, lambda raw, kind: (_enum if _is_enum(kind) else _require)(raw, kind))
    made.register_structure_hook(type(None), lambda raw, _: _nothing(raw))
    made.register_structure_hook(Decimal, lambda raw, _: _decimal(raw))
    made.register_unstructure_hook(Decimal, plain)
    made.register_structure_hook(bytes, lambda raw, _: b64decode(_require(raw, str), validate=True))
    made.register_unstructure_hook(bytes, lambda value: b64encode(value).decode())
    made.register_structure_hook(timedelta, lambda raw, _: _require(raw, int) * _MICROSECOND)
    made.register_unstructure_hook(timedelta, lambda value: value // _MICROSECOND)
    made.register_structure_hook(datetime, lambda raw, _: _instant(raw))
    made.register_unstructure_hook(datetime, rfc3339)
    made.register_structure_hook(date, lambda raw, _: date.fromisoformat(_require(raw, str)))
    made.register_unstructure_hook(date, lambda value: value.isoformat())
    made.register_structure_hook_func(_is_enum, _enum)
    for words in (Enum, StrEnum, IntEnum):
        made.register_unstructure_hook(words, lambda value: value.value)
    made.register_structure_hook_func(
        lambda kind: kind == date | datetime, lambda raw, _: made.structure(raw, datetime if "T" in str(raw) else date)
    )
    made.register_unstructure_hook_func(
        lambda kind: kind == date | datetime, lambda value: made.unstructure(value, unstructure_as=type(value))
    )


def _register_collections(made: Converter) -> None:
    made.register_structure_hook_factory(_is_sequence, lambda kind: _sequence(made, kind))
    made.register_structure_hook_func(_is_fixed, lambda raw, kind: _fixed(made, _require(raw, list), get_args(kind)))
    made.register_structure_hook_factory(_is_set, lambda kind: _set(made, kind))
    made.register_unstructure_hook_func(
        _is_set, lambda value: sorted(each.value if isinstance(each, Enum) else each for each in value)
    )


def _register_errors(made: Converter) -> None:
    made.register_structure_hook_func(
        lambda kind: isinstance(kind, type) and issubclass(kind, ScaiControlError), lambda raw, _: error_from(raw)
    )
    made.register_unstructure_hook_func(
        lambda kind: isinstance(kind, type) and issubclass(kind, ScaiControlError), error_to
    )


def _structure_class(made: Converter, kind: Any) -> Any:
    resolve(kind)
    options: dict[str, Any] = {name: override(omit=True) for name in WITHHELD.get(kind, ())}
    return make_dict_structure_fn(
        kind, made, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True, **options
    )


def _unstructure_class(made: Converter, kind: Any) -> Any:
    resolve(kind)
    declared = attrs.fields(get_origin(kind) or kind)
    options: dict[str, Any] = {each.name: override(omit_if_default=True) for each in declared if is_unset(each.type)}
    options |= {name: override(omit=True) for name in WITHHELD.get(kind, ())}
    return make_dict_unstructure_fn(kind, made, **options)


def _sequence(made: Converter, kind: Any) -> Any:
    each: Any = tuple.__class_getitem__((get_args(kind)[0], ...))
    read = homogenous_tuple_structure_factory(each, made)
    if get_origin(kind) is list:
        return lambda raw, _: list(read(_require(raw, list), each))
    return lambda raw, _: read(_require(raw, list), each)


def _set(made: Converter, kind: Any) -> Any:
    read = _sequence(made, kind)
    return lambda raw, _: frozenset(read(raw, kind))


def _fixed(made: Converter, raw: list[Any], kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(raw) != len(kinds):
        raise ValueError(f"{len(kinds)} values are needed")
    return tuple(made.structure(each, kind) for each, kind in zip(raw, kinds, strict=True))


def _is_attrs(kind: Any) -> bool:
    own = get_origin(kind) or kind
    return isinstance(own, type) and attrs.has(own)


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _is_anything(kind: Any) -> bool:
    return kind is Any or kind is object


def _is_free(kind: Any) -> bool:
    """Tell whether it is an object of which only the names are known to be texts."""
    return get_origin(kind) in {dict, Mapping} and _is_anything(get_args(kind)[1])


def _is_sequence(kind: Any) -> bool:
    origin, inner = get_origin(kind), get_args(kind)
    is_list = isinstance(origin, type) and origin.__name__ in {"Sequence", "list"}
    return is_list or (origin is tuple and inner[-1:] == (...,))


def _is_fixed(kind: Any) -> bool:
    return get_origin(kind) is tuple and not _is_sequence(kind)


def _is_set(kind: Any) -> bool:
    return get_origin(kind) in {frozenset, set}


def _without_unset(kind: Any) -> Any:
    left = [each for each in get_args(kind) if get_origin(each) is not Literal or UNSET not in get_args(each)]
    return Union[tuple(left)]  # noqa: UP007  # made of a list


def _require(raw: Any, kind: type[Any]) -> Any:
    if type(raw) is not kind and not (kind is list and isinstance(raw, tuple)):
        raise ValueError(f"not {_WORDS[kind]}")
    return raw


_WORDS = {int: "a whole number", str: "a text", bool: "true or false", list: "a list", dict: "an object"}


def _nothing(raw: Any) -> None:
    if raw is not None:
        raise ValueError("not null")


def _decimal(raw: Any) -> Decimal:
    try:
        value = Decimal(_require(raw, str))
    except InvalidOperation:
        raise ValueError("not a decimal number") from None
    if not value.is_finite() or abs(value.adjusted()) > _MOST_DIGITS:
        raise ValueError("not a number of a size that occurs")
    return value


def _instant(raw: Any) -> datetime:
    value = datetime.fromisoformat(_require(raw, str))
    if value.tzinfo is None:
        raise ValueError("an instant without its offset from UTC")
    return value


def _enum(raw: Any, kind: type[Enum]) -> Enum:
    for member in kind:
        if member.value == raw and type(member.value) is type(raw):
            return member
    raise ValueError(f"not one of {', '.join(str(member.value) for member in kind)}")


def _as_invalid(wrong: BaseValidationError) -> ScaiControlError:
    found = list(_faults(wrong, ""))
    for _, fault in found:
        if isinstance(fault, ScaiControlError):
            return fault
    return _wrong_shape([FieldError(pointer, _sentence(fault)) for pointer, fault in found])


def _faults(wrong: BaseException, pointer: str) -> Any:
    if isinstance(wrong, BaseValidationError):
        for inner in wrong.exceptions:
            yield from _faults(inner, pointer + "".join(_steps(inner)))
    else:
        yield pointer, wrong


def _steps(wrong: BaseException) -> list[str]:
    steps = []
    for each in getattr(wrong, "__notes__", ()):
        if isinstance(each, AttributeValidationNote):
            steps.append(f"/{each.name}")
        elif isinstance(each, IterableValidationNote):
            steps.append(f"/{each.index}")
    return steps[:1]


def _sentence(wrong: BaseException) -> str:
    if isinstance(wrong, ForbiddenExtraKeysError):
        return f"There is no field {', '.join(sorted(wrong.extra_fields))}."
    if isinstance(wrong, KeyError):
        return f"The field {wrong.args[0]} is required."
    return f"It is wrong: {wrong}."


def _wrong_shape(faults: list[FieldError]) -> Invalid:
    return Invalid("The values have another shape than the call declares.", code="invalid_body", fields=faults)
