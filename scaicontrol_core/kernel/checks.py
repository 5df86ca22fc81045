"""Field checks: each takes a raw value and its JSON pointer, and returns the clean value or raises ``Invalid``.

Values run them in their constructors through ``check_fields``, which reports every wrong
field at once instead of the first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from scaicontrol_core.kernel.errors import FieldError, Invalid
from scaicontrol_core.kernel.party import clean_text, optional_text

T = TypeVar("T")
Check = Callable[[Any, str], Any]
#: Amounts fit a signed 64-bit column with room for sums over millions of rows.
MAX_MINOR_UNITS = 10**13
MAX_SLUG_LENGTH = 60
_SLUG = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
_MAX_JSON_DEPTH = 16


class Findings:
    """What is wrong with an input so far; raised as one ``Invalid`` that names every field."""

    def __init__(self) -> None:
        self._fields: list[FieldError] = []
        self._codes: set[str] = set()
        self._hints: list[str] = []

    def __bool__(self) -> bool:
        """Tell whether anything is wrong."""
        return bool(self._fields)

    def note(self, pointer: str, message: str, code: str = "invalid") -> None:
        """Remember one wrong field."""
        self._fields.append(FieldError(pointer, message))
        self._codes.add(code)

    def add(self, error: Invalid, at: str = "") -> None:
        """Remember all the fields of an error, as seen from where its value sits (``at``)."""
        found = error.fields or (FieldError("", error.message),)
        self._fields += [FieldError(at + each.pointer, each.message) for each in found]
        self._codes.add(error.code)
        self._hints += [error.hint] if error.hint else []

    def attempt(self, make: Callable[[], T], at: str = "") -> T | None:
        """Return what ``make`` returns; if it raises ``Invalid``, remember that and return None."""
        try:
            return make()
        except Invalid as error:
            self.add(error, at)
            return None

    def raise_if_any(self) -> None:
        """Raise ``Invalid`` with every field found; its code is the findings' own if they share one."""
        if not self._fields:
            return
        if len(self._fields) == 1:
            message = self._fields[0].message
        else:
            message = f"{len(self._fields)} fields are wrong: {', '.join(each.pointer for each in self._fields)}."
        code = next(iter(self._codes)) if len(self._codes) == 1 else "invalid"
        raise Invalid(message, code=code, fields=self._fields, hint=self._hints[0] if self._hints else None)


def check_fields(instance: object, checks: Mapping[str, Check]) -> None:
    """Run each check on the field it is named after and keep the clean value; for ``__attrs_post_init__``.

    Raises one ``Invalid`` with all the wrong fields.
    """
    findings = Findings()
    for name, check in checks.items():
        try:
            clean = check(getattr(instance, name), f"/{name}")
        except Invalid as error:
            findings.add(error)
        else:
            object.__setattr__(instance, name, clean)
    findings.raise_if_any()


def required(max_length: int) -> Check:
    """Text that may not be empty."""

    def check(value: Any, pointer: str) -> str:
        return clean_text(_text(value, pointer), pointer, max_length=max_length, min_length=1)

    return check


def text(max_length: int) -> Check:
    """Text that may be empty."""

    def check(value: Any, pointer: str) -> str:
        return clean_text(_text(value, pointer), pointer, max_length=max_length)

    return check


def maybe_text(max_length: int) -> Check:
    """Text or None; blank counts as None."""

    def check(value: Any, pointer: str) -> str | None:
        return None if value is None else optional_text(_text(value, pointer), pointer, max_length=max_length)

    return check


def maybe(check: Check) -> Check:
    """None, blank text, or what the check accepts."""

    def optional(value: Any, pointer: str) -> Any:
        return None if value is None or value == "" else check(value, pointer)

    return optional


def worded(rule: Callable[[str, str], str]) -> Check:
    """Text that a kernel rule such as ``require_country`` accepts."""

    def check(value: Any, pointer: str) -> str:
        return rule(_text(value, pointer), pointer)

    return check


def whole(minimum: int, maximum: int) -> Check:
    """An integer within bounds; True and False are not numbers."""

    def check(value: Any, pointer: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Invalid.field(pointer, f"{value!r} is not a whole number.", code="number_invalid")
        if not minimum <= value <= maximum:
            raise Invalid.field(
                pointer, f"{value} does not lie between {minimum} and {maximum}.", code="number_invalid"
            )
        return value

    return check


def choice(choices: type[StrEnum]) -> Check:
    """A member of the enum, or its value."""

    def check(value: Any, pointer: str) -> StrEnum:
        try:
            return choices(value)
        except ValueError:
            allowed = ", ".join(member.value for member in choices)
            raise Invalid.field(pointer, f"{value!r} is not one of {allowed}.", code="choice_unknown") from None

    return check


def flag(value: Any, pointer: str) -> bool:
    """True or False, nothing that merely looks like it."""
    if not isinstance(value, bool):
        raise Invalid.field(pointer, f"{value!r} is neither true nor false.", code="flag_invalid")
    return value


def slug(value: Any, pointer: str) -> str:
    """A short name for addresses and keys: a-z, 0-9, single hyphens or underscores between."""
    if not isinstance(value, str) or len(value) > MAX_SLUG_LENGTH or not _SLUG.fullmatch(value):
        raise Invalid.field(
            pointer,
            f"{value!r} is not a slug of at most {MAX_SLUG_LENGTH} of a-z, 0-9, - and _.",
            code="slug_invalid",
        )
    return value


def distinct(check: Check) -> Check:
    """A list of different values that each pass the check; kept as a tuple in the order given."""

    def check_all(value: Any, pointer: str) -> tuple[Any, ...]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise Invalid.field(pointer, "This must be a list.", code="list_invalid")
        items = tuple(check(item, f"{pointer}/{index}") for index, item in enumerate(value))
        for index, item in enumerate(items):
            if item in items[:index]:
                raise Invalid.field(f"{pointer}/{index}", f"{item!r} stands here twice.", code="list_invalid")
        return items

    return check_all


def json_object(value: Any, pointer: str) -> dict[str, Any]:
    """A JSON object of texts, whole numbers, booleans, nulls, lists and objects, copied.

    Fractions are refused: write them as text, so that every database keeps them exactly.
    """
    if not isinstance(value, Mapping):
        raise Invalid.field(pointer, "This must be an object.", code="json_invalid")
    copied = _json(value, pointer, 0)
    assert isinstance(copied, dict)  # noqa: S101  # tells mypy what a mapping becomes
    return copied


def _json(value: Any, pointer: str, depth: int) -> Any:
    if depth > _MAX_JSON_DEPTH:
        raise Invalid.field(pointer, f"This is nested deeper than {_MAX_JSON_DEPTH} levels.", code="json_invalid")
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise Invalid.field(pointer, "The keys of an object are texts.", code="json_invalid")
        return {key: _json(item, f"{pointer}/{_escaped(key)}", depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item, f"{pointer}/{index}", depth + 1) for index, item in enumerate(value)]
    raise Invalid.field(pointer, f"{value!r} is not JSON we keep; write fractions as text.", code="json_invalid")


def _escaped(key: str) -> str:
    """Write a key as a reference token of a JSON pointer (RFC 6901, section 3)."""
    return key.replace("~", "~0").replace("/", "~1")


def _text(value: Any, pointer: str) -> str:
    if not isinstance(value, str):
        raise Invalid.field(pointer, f"{value!r} is not text.", code="text_invalid")
    return value
