"""The page of settings: every environment variable, read from the class that holds them."""

from __future__ import annotations

from enum import Enum
from typing import Any

from attrs import Attribute, fields

from docs.generating.markdown import Page, code, table
from scaicontrol_adapters.setting_fields import variable
from scaicontrol_adapters.settings import Settings

_RULES = """\
Settings come from the environment and from `.env` in the working folder; the environment wins. An empty variable
counts as one that is not set. A start with wrong settings names all mistakes at once; the value of a secret is not
repeated.
"""


def page() -> Page:
    """Return the page."""
    return Page(
        name="configuration.md",
        title="Configuration",
        source="the class of settings in `scaicontrol_adapters/settings.py`",
        parts=(
            _RULES,
            table(("Variable", "Default", "What it is for"), [_row(attribute) for attribute in fields(Settings)]),
        ),
    )


def _row(attribute: Attribute[Any]) -> tuple[str, str, str]:
    doc = str(attribute.metadata["doc"])
    return code(variable(attribute)), _default(attribute.default), f"{doc} *Secret.*" if _is_secret(attribute) else doc


def _is_secret(attribute: Attribute[Any]) -> bool:
    return bool(attribute.metadata["secret"])


def _default(value: object) -> str:
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, bool):
        return code(str(value).lower())
    return code(str(value.value if isinstance(value, Enum) else value))
