"""A use case called from elsewhere: its arguments and its result as JSON, by the annotations of its ``__call__``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_args, get_origin

from attrs import frozen

from scaicontrol_adapters.annotations import signature_of
from scaicontrol_adapters.serialization import from_plain, to_plain
from scaicontrol_core.kernel.errors import FieldError, Invalid, ScaiControlError

_OWN = ("self", "actor")
_BROAD = "invalid_body"


@frozen
class Call:
    """What a use case takes beside its actor, and what it answers."""

    parameters: Mapping[str, inspect.Parameter]
    result: Any

    @classmethod
    def of(cls, use_case: type[Any]) -> Call:
        """Read the annotations of a use case."""
        return _call_of(use_case)  # type: ignore[arg-type]  # a class can be hashed

    def written(self, given: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments as JSON; those that are functions stay here."""
        bound = inspect.Signature(list(_without_self(self.parameters))).bind(*given, **named)
        return {
            name: to_plain(value, self.parameters[name].annotation)
            for name, value in bound.arguments.items()
            if not is_function(self.parameters[name].annotation)
        }

    def read(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments that JSON stands for; ``Invalid`` (``invalid_body``) names every wrong one."""
        known = {name: each for name, each in self.parameters.items() if not is_function(each.annotation)}
        faults = [FieldError(f"/arguments/{name}", "There is no such argument.") for name in raw if name not in known]
        values: dict[str, Any] = {}
        for name, parameter in known.items():
            if name in raw:
                try:
                    values[name] = from_plain(raw[name], parameter.annotation)
                except ScaiControlError as wrong:
                    if wrong.code != _BROAD:
                        raise
                    faults += [FieldError(f"/arguments/{name}{each.pointer}", each.message) for each in wrong.fields]
            elif parameter.default is inspect.Parameter.empty:
                faults.append(FieldError(f"/arguments/{name}", "This argument is required."))
        if faults:
            raise Invalid(faults[0].message, code=_BROAD, fields=faults)
        return values

    def answer(self, result: Any) -> Any:
        """Return a result as JSON, as it may be shown: without the secrets of a partner's providers."""
        return to_plain(result, self.result, redacted=True)

    def answered(self, raw: Any) -> Any:
        """Return the result that JSON stands for."""
        return from_plain(raw, self.result)


@cache
def _call_of(use_case: type[Any]) -> Call:
    parameters, result = signature_of(use_case.__call__)
    return Call({name: each for name, each in parameters.items() if name not in _OWN}, result)


def _without_self(parameters: Mapping[str, inspect.Parameter]) -> tuple[inspect.Parameter, ...]:
    return tuple(parameters.values())


def is_function(kind: Any) -> bool:
    """Tell whether a parameter takes a function, which can't be sent anywhere."""
    return any(get_origin(each) is Callable or each is Callable for each in (kind, *get_args(kind)))
