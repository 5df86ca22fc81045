"""The Jinja environment templates run in: sandboxed, strict, always escaping."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from scaicontrol_adapters.pdf.filters import filters_for

_MAX_EXPONENT = 64
_INCLUDABLE = frozenset(
    {"shell.html", "frame.html", "macros.html", "lines.html", "invoice.html", "credit_note.html", "statement.html"}
)


class TemplateSandbox(ImmutableSandboxedEnvironment):
    """No private attributes, no mutation, no files, and no arithmetic that fills the memory."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Refuse ``'x' * 10**9``, ``2 ** 10**9`` and ``'%999999999d' % 1``."""
        if operator == "*" and not (_is_number(left) and _is_number(right)):
            raise SecurityError("only numbers can be multiplied")
        if operator == "**" and not (_is_number(right) and abs(right) <= _MAX_EXPONENT):
            raise SecurityError(f"exponents end at {_MAX_EXPONENT}")
        if operator == "%" and not _is_number(left):
            raise SecurityError("only numbers have a remainder")
        return super().call_binop(context, operator, left, right)


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
    for name in ("center", "format", "pprint", "xmlattr", "indent"):
        sandbox.filters.pop(name, None)
    return sandbox


@lru_cache(maxsize=16)
def built_in_file(name: str) -> str:
    """Return one of the package's own template files."""
    return (resources.files("scaicontrol_adapters.pdf") / "templates" / name).read_text("utf-8")


def _built_in_source(name: str) -> str | None:
    # By name from a list, never by path: ``{% include '/etc/passwd' %}`` finds nothing.
    return built_in_file(name) if name in _INCLUDABLE else None
