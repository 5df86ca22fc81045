"""``--set field=value``: words become the values that a frozen attrs class declares."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import fields

from scaicontrol_core.kernel.errors import FieldError, Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attrs import AttrsInstance

_YES = frozenset({"true", "yes"})
_NO = frozenset({"false", "no"})


def assignments(kind: type[AttrsInstance], pairs: Sequence[str]) -> dict[str, Any]:
    """Read ``field=value`` pairs for a class; an empty value empties the field (None).

    Whole numbers, true and false, lists and objects (as JSON) are told by what the class
    declares; all else is text, which the class itself checks. ``Invalid`` names every wrong one.
    """
    declared = {attribute.name: str(attribute.type) for attribute in fields(kind)}
    values: dict[str, Any] = {}
    wrong: list[FieldError] = []
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign:
            wrong.append(FieldError("", f"{pair!r} is not of the form field=value."))
        elif name not in declared:
            wrong.append(FieldError(f"/{name}", f"There is no field {name!r}."))
        else:
            try:
                values[name] = _value(declared[name], text)
            except ValueError as error:
                wrong.append(FieldError(f"/{name}", str(error)))
    if wrong:
        raise Invalid(wrong[0].message, code="field_unknown" if len(wrong) == 1 else "invalid", fields=wrong)
    return values


def _value(declared: str, text: str) -> Any:
    if text == "" and "None" in declared:
        return None
    if declared.startswith("bool"):
        return _flag(text)
    if declared.startswith("int"):
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"{text!r} is not a whole number.") from None
    if declared.startswith(("tuple", "dict")):
        try:
            return json.loads(text, parse_float=str)
        except ValueError:
            raise ValueError(f"{text!r} is not JSON: write a list or an object.") from None
    return text


def _flag(text: str) -> bool:
    if text.lower() not in _YES | _NO:
        raise ValueError(f"{text!r} is neither true nor false.")
    return text.lower() in _YES
