"""The Jinja environment templates run in: sandboxed, strict, always escaping."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from string import Formatter
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from scaicontrol_adapters.pdf.filters import filters_for

_MAX_EXPONENT = 64
#: Methods of text and numbers that fill up to any length with one call.
_PADDING = frozenset({"center", "expandtabs", "ljust", "rjust", "to_bytes", "zfill"})
_INCLUDABLE = frozenset(
    {"shell.html", "frame.html", "macros.html", "lines.html", "invoice.html", "credit_note.html", "statement.html"}
    | {"commission_statement.html"}
)


class TemplateSandbox(ImmutableSandboxedEnvironment):
    """No private attributes, no mutation, no files, and no arithmetic that fills the memory."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Refuse ``'x'.ljust(10**9)`` and its like, besides what Jinja refuses."""
        return attr not in _PADDING and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Refuse ``'{:>999999999}'.format(1)``: Jinja guards what it reads, not how much it writes."""
        wrapped = super().wrap_str_format(value)
        if wrapped is not None and _has_widths(value.__self__):
            raise SecurityError("format fills in names only: use the filters")
        return wrapped

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Refuse ``'x' * 10**9``, ``2 ** 10**9`` and ``'%999999999d' % 1``."""
        if operator == "*" and not (_is_number(left) and _is_number(right)):
            raise SecurityError("only numbers can be multiplied")
        if operator == "**" and not (_is_number(right) and abs(right) <= _MAX_EXPONENT):
            raise SecurityError(f"exponents end at {_MAX_EXPONENT}")
        if operator == "%" and not _is_number(left):
            raise SecurityError("only numbers have a remainder")
        return super().call_binop(context, operator, left, right)


def _has_widths(text: str) -> bool:
    try:
        return any(specification for _, _, specification, _ in Formatter().parse(text))
    except ValueError:  # it can't be filled in at all, and will say so
        return False


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, Decimal))


@lru_cache(maxsize=16)
def environment(language: str) -> TemplateSandbox:
    """Return the environment of one language; its compiled templates stay warm."""
    sandbox = TemplateSandbox(
        loader=FunctionLoader(_built_in_source),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    sandbox.filters.update(filters_for(language))
    # Filters that can write a gigabyte from a few characters have no use in a document.
    for name in ("batch", "center", "format", "indent", "pprint", "slice", "xmlattr"):
        sandbox.filters.pop(name, None)
    return sandbox


@lru_cache(maxsize=16)
def built_in_file(name: str) -> str:
    """Return one of the package's own template files."""
    return (resources.files("scaicontrol_adapters.pdf") / "templates" / name).read_text("utf-8")


def _built_in_source(name: str) -> str | None:
    # By name from a list, never by path: ``{% include '/etc/passwd' %}`` finds nothing.
    return built_in_file(name) if name in _INCLUDABLE else None
