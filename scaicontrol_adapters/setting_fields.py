"""How a setting is declared: its default, its document, how its text is read, which variable it comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import Attribute, field

from scaicontrol_adapters import setting_values as reading

PREFIX = "SCAICONTROL_"
VAULT_PATH = "_vault_path"


def variable(attribute: Attribute[Any]) -> str:
    """Return the environment variable of a field."""
    return PREFIX + attribute.name.upper()


def setting(default: Any, doc: str, parse: Callable[[str], Any] = reading.text, *, secret: bool = False) -> Any:
    """Declare a setting: its default, what it is for, how its text is read."""
    return field(default=default, repr=not secret, metadata={"doc": doc, "parse": parse, "secret": secret})


def vault_path(name: str) -> Any:
    """Declare the twin of a secret setting: the path under which the store of secrets has its value."""
    doc = f"In place of `{PREFIX}{name.upper()}`: the path of that value in the store of secrets."
    return setting("", doc, reading.secret_path)
