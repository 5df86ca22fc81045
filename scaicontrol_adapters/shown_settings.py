"""What an installation may show of its settings, and to whom: never a secret, and only to the platform's own people."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from attrs import fields, frozen

from scaicontrol_adapters.settings import Settings, variable
from scaicontrol_core.access import Permission

if TYPE_CHECKING:
    from scaicontrol_core.access import Actor

_HIDDEN = "***"


@frozen
class ShownSetting:
    """A setting as it is in force: its variable, what it is for, and its value as text, hidden if it is a secret."""

    variable: str
    value: str | None
    is_default: bool
    about: str


def shown_settings(actor: Actor, settings: Settings) -> tuple[ShownSetting, ...]:
    """Return the settings in force, by variable; ``Forbidden`` unless the actor administers the platform itself."""
    actor.require(Permission.ADMIN_PLATFORM)
    actor.require_platform()
    return tuple(_shown(attribute, getattr(settings, attribute.name)) for attribute in fields(Settings))


def _shown(attribute: Any, value: object) -> ShownSetting:
    told = _text(value)
    if told is not None and attribute.metadata["secret"]:
        told = _HIDDEN
    return ShownSetting(variable(attribute), told, value == attribute.default, attribute.metadata["doc"])


def _text(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list)):
        return ",".join(str(each) for each in value)
    return str(value.value) if isinstance(value, Enum) else str(value)
